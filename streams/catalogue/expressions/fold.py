"""What is done with constants alone is done once, when the catalogue is loaded: exactly."""

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Literal, cast

from streams.catalogue.model import Constant, Expression

Arithmetic = Literal["+", "-", "*", "/"]
_DONE: Mapping[str, Callable[..., Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "min": min,
    "max": max,
    "abs": lambda value: Decimal(value).copy_abs(),
    "len": len,
    "not": operator.not_,
    "and": lambda *truths: all(truths),
    "or": lambda *truths: any(truths),
    "in": lambda value, *choices: value in choices,
    "not in": lambda value, *choices: value not in choices,
}

_EXACT = Context(prec=4_000)  # more digits than 1,000 characters can produce
_DIVISION = Context(prec=28, rounding=ROUND_HALF_EVEN)


def number(value: Decimal) -> Constant:
    """A constant in its plainest form: an integer where it is one.

    >>> number(Decimal("2.0")).value, number(Decimal("1.50")).value
    (2, Decimal('1.5'))
    """
    integral = value == value.to_integral_value()
    return Constant(int(value) if integral else value.normalize(_EXACT), "number")


def fold(op: Arithmetic, left: Decimal | int, right: Decimal | int) -> Constant:
    """The result of an operation on two numbers; ZeroDivisionError where there is none."""
    a, b = Decimal(left), Decimal(right)
    if op == "+":
        return number(_EXACT.add(a, b))
    if op == "-":
        return number(_EXACT.subtract(a, b))
    if op == "*":
        return number(_EXACT.multiply(a, b))
    if b == 0:
        raise ZeroDivisionError
    return number(_DIVISION.divide(a, b))


def folded(step: str, parts: Sequence[Expression], expression: Expression) -> Expression:
    """The expression, or its value if it takes a step of constants alone.

    >>> folded("max", [Constant(2, "number"), Constant(3, "number")], Constant(0, "number"))
    Constant(value=3, type='number')
    """
    if not all(isinstance(part, Constant) for part in parts):
        return expression
    value = _DONE[step](*(cast("Constant", part).value for part in parts))
    return Constant(value, "bool") if isinstance(value, bool) else number(Decimal(value))
