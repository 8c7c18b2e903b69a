"""What may be compared with what: one small rule each, asked in order.

A rule returns the side to blame and why, or None if it has nothing against it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from streams.catalogue.expressions.scope import Symbol
from streams.catalogue.faults import listing, suggest
from streams.catalogue.model import Call, Constant, Expression, Type

Comparison = Literal["==", "!=", "<", "<=", ">", ">="]

MIRRORED: Mapping[Comparison, Comparison] = {
    "==": "==",
    "!=": "!=",
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
}
"""The same comparison with its sides changed."""

SINCE = ("hours_since", "days_since")
NUMERIC: tuple[Type, ...] = ("number", "money")
CALLED: Mapping[Type, str] = {
    "number": "a number",
    "money": "a number",
    "text": "a text",
    "bool": "true or false",
    "time": "a time",
    "set": "a set",
}
_ORDERS = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: as written, where, and as checked.

    `closed` is the symbol of a name that can only be one of certain texts.
    """

    text: str
    offset: int
    expression: Expression
    closed: Symbol | None

    @property
    def called(self) -> str:
        """The side and what it is, for messages."""
        return f"{self.text} ({CALLED[self.expression.type]})"


Blame = tuple[Side, str]
Rule = Callable[[Side, Comparison, Side], Blame | None]


def objection(a: Side, op: Comparison, b: Side) -> Blame | None:
    """The first thing that is wrong with a comparison, whose constant is on the right."""
    return next((blame for rule in RULES if (blame := rule(a, op, b))), None)


def _no_sets(a: Side, _: Comparison, b: Side) -> Blame | None:
    """A set has members, not a value."""
    for side in (a, b):
        if side.expression.type == "set":
            said = f"write 'x' in {side.text}, or len({side.text})"
            return side, f"{side.text} is a set; {said}"
    return None


def _same_type(a: Side, _: Comparison, b: Side) -> Blame | None:
    """Text with text, number with number; money is a number."""
    types = {a.expression.type, b.expression.type}
    if len(types) == 1 or types <= {*NUMERIC}:
        return None
    hint = ", write days_since(...)" if "time" in types else ""
    left, right = sorted((a, b), key=lambda side: side.offset)
    return left, f"cannot compare {left.called} with {right.called}{hint}"


def _has_order(a: Side, op: Comparison, b: Side) -> Blame | None:
    """True is not more than false, nor one value of a tag more than another."""
    for side in (a, b):
        if op in _ORDERS and (side.expression.type == "bool" or side.closed):
            return side, f'"{op}" has no meaning for {side.text}: only == != in'
    return None


def _since_has_constant(a: Side, op: Comparison, b: Side) -> Blame | None:
    """Time runs on by itself: only a constant limit is reached at a known instant."""
    for side in (a, b):
        call = side.expression
        if not (isinstance(call, Call) and call.function in SINCE):
            continue
        if op not in _ORDERS or not isinstance(b.expression, Constant):
            return side, f"{call.function}(...) is compared by < <= > >= with a constant only"
    return None


def _own_values(a: Side, op: Comparison, b: Side) -> Blame | None:
    """An exclusive tag is compared with its own values only."""
    symbol = a.closed or b.closed
    if symbol is None:
        return None
    if isinstance(b.expression, Constant):
        return _known_value(symbol, b, b.expression)
    if symbol.kind == "field":  # two fields of one event may well be compared
        return None
    return a, f'{symbol.kind} "{symbol.name}" {op} takes one of its own values'


def _known_value(symbol: Symbol, side: Side, constant: Constant) -> Blame | None:
    """Whether the constant is a value that the name can have."""
    values = symbol.values or ()
    if constant.value in values:
        return None
    close = suggest(str(constant.value), values) or f", it has: {listing(values)}"
    return side, f'unknown value "{constant.value}" of "{symbol.name}"{close}'


RULES: tuple[Rule, ...] = (_no_sets, _same_type, _has_order, _since_has_constant, _own_values)
