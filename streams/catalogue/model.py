"""A catalogue after checking: measures, tags and detectors as plain values.

The loader builds these from YAML, the compiler reads them; nobody else knows the YAML.
Durations are milliseconds. Every value here has been checked: names exist, types fit,
no cycles.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Type = Literal["number", "money", "text", "bool", "time", "set"]
"""`money` is a number counted in hundredths; `time` is epoch milliseconds."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: exact number, text or boolean."""

    value: Decimal | int | str | bool
    type: Type


@dataclass(frozen=True, slots=True)
class Name:
    """A measure, a tag or (inside `where`) a field of the event."""

    name: str
    kind: Literal["measure", "tag", "field"]
    type: Type


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x` or `-x`."""

    op: Literal["not", "-"]
    operand: "Expression"
    type: Type


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic or a comparison of two expressions; `in` tests membership in a set tag."""

    op: Literal["+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">=", "in", "not in"]
    left: "Expression"
    right: "Expression"
    type: Type


@dataclass(frozen=True, slots=True)
class Logical:
    """`a and b and c`, or with `or`."""

    op: Literal["and", "or"]
    operands: tuple["Expression", ...]
    type: Type = "bool"


@dataclass(frozen=True, slots=True)
class Membership:
    """`x in (1, 2)` or `x not in (...)`: the choices are constants."""

    operand: "Expression"
    choices: tuple[Constant, ...]
    negated: bool
    type: Type = "bool"


@dataclass(frozen=True, slots=True)
class Call:
    """`min max abs len hours_since days_since`."""

    function: Literal["min", "max", "abs", "len", "hours_since", "days_since"]
    arguments: tuple["Expression", ...]
    type: Type


Expression = Constant | Name | Unary | Binary | Logical | Membership | Call
"""What the loader promises of every expression:

* only a `Name` is ever `money`, `time` or `set`; arithmetic and functions give `number`;
* operations on constants have been carried out; an integral number is an `int`;
* in a comparison with one constant, the constant is `right`;
* `and or not`, and whatever stands where a condition is needed, have operands of type `bool`;
* `hours_since` and `days_since` take the `Name` of a measure, and are always the `left` of a
  comparison `< <= > >=` with a `Constant`;
* `in` and `not in` of `Binary` have a text on the left and the `Name` of a set on the right.
"""


@dataclass(frozen=True, slots=True)
class Window:
    """`width` is a whole number of `step`s; both in milliseconds."""

    width: int
    step: int


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure kept for every user.

    `types` are the event types that feed it (for `score` with `points`, for `set` those
    that add); `field` is the event field it reads, `time` included; `window` None means for
    ever. `mean` of money is a `number`: it is no whole count of hundredths.
    """

    name: str
    line: int
    aggregate: str
    type: Type
    types: tuple[str, ...] = ()
    field: str | None = None
    where: Expression | None = None
    where_text: str | None = None
    window: Window | None = None
    days: int | None = None  # of the aggregate `days`: how many local calendar days
    points: Mapping[str, int] | None = None
    removes: tuple[str, ...] = ()
    attribute: str | None = None
    attribute_type: Literal["text", "number", "date", "bool"] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a tag: the value it gives and when; `condition` None is `else`.

    For a flag the value is True; for `value:` and `set:` tags it is None and `condition`
    is the expression whose value the tag takes.
    """

    value: str | bool | None
    condition: Expression | None
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A label derived from measures and other tags."""

    name: str
    line: int
    kind: Literal["values", "flag", "value", "set"]
    rules: tuple[Rule, ...]
    dimension: str
    title: Mapping[str, str]
    hold: int = 0
    levels: tuple[int, ...] = ()
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Detector:
    """An anomaly to watch for; `parameters` are those of its kind.

    Durations are in ms; `threshold` and `band` are in units of the currency, not hundredths.
    """

    name: str
    line: int
    kind: str
    title: Mapping[str, str]
    of: tuple[str, ...]
    where: Expression | None
    where_text: str | None
    severity: Literal["info", "warning", "critical"]
    flag: int
    cooldown: int
    parameters: Mapping[str, int | Decimal]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that is said about users. `tags` stand in the order of the file."""

    name: str
    version: int
    currency: str
    timezone: str
    forget_after: int | None
    measures: Mapping[str, Measure]
    tags: Mapping[str, Tag]
    detectors: Mapping[str, Detector]

    @property
    def id(self) -> str:
        """`name@version`, as changes and Redis carry it."""
        return f"{self.name}@{self.version}"
