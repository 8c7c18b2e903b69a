"""How the rules use each measure: that decides when a tag can change, with or without events.

A count that is only compared with constants matters only when it crosses one of them; a time
only when its age does. Anything else (arithmetic, a value shown as a tag) matters at every
change, and then at every bucket that leaves the window.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from streams.catalogue.model import (
    Binary,
    Call,
    Catalogue,
    Constant,
    Expression,
    Logical,
    Measure,
    Membership,
    Name,
    Unary,
)

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_UNITS = {"days_since": 86_400_000, "hours_since": 3_600_000}


@dataclass(slots=True)
class Uses:
    """`bands`: comparisons change when the value reaches one of these whole numbers.

    `spans`: when its age in milliseconds does. `always`: at any change of the value.
    """

    always: bool = False
    bands: set[int] = field(default_factory=set)
    spans: set[int] = field(default_factory=set)

    @property
    def any(self) -> bool:
        """Whether a rule names the measure at all."""
        return bool(self.always or self.bands or self.spans)


def uses_of(catalogue: Catalogue) -> Mapping[str, Uses]:
    """For each measure, how the rules of all tags use it."""
    uses = {name: Uses() for name in catalogue.measures}
    for tag in catalogue.tags.values():
        for rule in tag.rules:
            if rule.condition is not None:
                _note(rule.condition, catalogue.measures, uses)
    return uses


def span_reached(function: str, op: str, bound: Decimal | int) -> int:
    """The age in whole milliseconds at which `function(m) op bound` turns over."""
    return _whole(op, Decimal(bound) * _UNITS[function])


def since_comparison(expression: Binary) -> tuple[Call, str, Decimal | int] | None:
    """`days_since(m) < 3` or `3 > days_since(m)` as (call, "<", 3)."""
    left, op, right = expression.left, expression.op, expression.right
    if isinstance(right, Call):
        left, op, right = right, _MIRRORED.get(op, op), left  # type: ignore[assignment] # same set
    if isinstance(left, Call) and left.function in _UNITS and isinstance(right, Constant):
        assert isinstance(right.value, Decimal | int)
        return left, op, right.value
    return None


def _note(expression: Expression, measures: Mapping[str, Measure], uses: dict[str, Uses]) -> None:
    if isinstance(expression, Binary) and expression.op in _COMPARISONS:
        if since := since_comparison(expression):
            call, op, bound = since
            uses[_name(call.arguments[0])].spans.add(span_reached(call.function, op, bound))
            return
        if compared := _with_constant(expression, measures):
            name, op, bound = compared
            uses[name].bands |= _bands(op, bound)
            return
    if isinstance(expression, Membership) and _is_figure(expression.operand):
        for choice in expression.choices:
            assert isinstance(choice.value, Decimal | int)
            name = _name(expression.operand)
            uses[name].bands |= _bands("==", _scaled(measures[name], choice.value))
        return
    if isinstance(expression, Name) and expression.kind == "measure":
        uses[expression.name].always = True
    for part in _parts(expression):
        _note(part, measures, uses)


def _with_constant(
    expression: Binary, measures: Mapping[str, Measure]
) -> tuple[str, str, Decimal] | None:
    left, op, right = expression.left, expression.op, expression.right
    if isinstance(left, Constant):
        left, op, right = right, _MIRRORED[op], left  # type: ignore[assignment] # the same set
    if not (_is_figure(left) and isinstance(right, Constant)):
        return None
    assert isinstance(right.value, Decimal | int)
    return _name(left), op, _scaled(measures[_name(left)], right.value)


def _bands(op: str, bound: Decimal) -> set[int]:
    """The whole numbers at which `value op bound` turns over."""
    ends = (">=", ">") if op in ("==", "!=") else (op,)
    return {_whole(end, bound) for end in ends}


def _whole(op: str, bound: Decimal) -> int:
    """`>=` and `<` turn over at the bound itself, `>` and `<=` just above it."""
    if op in (">=", "<"):
        return int(bound.to_integral_value(ROUND_CEILING))
    return int(bound.to_integral_value(ROUND_FLOOR)) + 1


def _scaled(measure: Measure, bound: Decimal | int) -> Decimal:
    return Decimal(bound) * (100 if measure.type == "money" else 1)


def _is_figure(expression: Expression) -> bool:
    return (
        isinstance(expression, Name)
        and expression.kind == "measure"
        and expression.type in ("number", "money")
    )


def _name(expression: Expression) -> str:
    assert isinstance(expression, Name)
    return expression.name


def _parts(expression: Expression) -> Iterable[Expression]:
    if isinstance(expression, Unary | Membership):
        return (expression.operand,)
    if isinstance(expression, Binary):
        return (expression.left, expression.right)
    if isinstance(expression, Logical):
        return expression.operands
    return expression.arguments if isinstance(expression, Call) else ()
