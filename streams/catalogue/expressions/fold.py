"""Arithmetic on constants, done once when the catalogue is loaded: exact decimals."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal

from streams.catalogue.model import Constant

Arithmetic = Literal["+", "-", "*", "/"]

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
