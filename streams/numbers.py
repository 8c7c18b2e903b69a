"""Exact numbers: arithmetic that knows missing values, and how a number is shown.

A number is an `int` or a `Decimal`; missing is None and makes every result missing. Sums and
products are exact, division and mean have 28 digits, half even. Money is kept in cents (`int`)
and becomes a plain number only where rules calculate with it or where it is shown.

>>> add(1, Decimal("0.2")), divide(1, 3), divide(1, 0), money(1050), money(200)
(Decimal('1.2'), Decimal('0.3333333333333333333333333333'), None, Decimal('10.5'), 2)
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal

Number = int | Decimal

# 1,000 digits are exact for every number that an event can carry; more would only cost time
_EXACT = Context(prec=1000)
_ROUNDED = Context(prec=28, rounding=ROUND_HALF_EVEN)
_LONGEST = 1000


def add(left: Number | None, right: Number | None) -> Number | None:
    """The exact sum."""
    if left is None or right is None:
        return None
    return _EXACT.add(Decimal(left), Decimal(right))


def subtract(left: Number | None, right: Number | None) -> Number | None:
    """The exact difference."""
    if left is None or right is None:
        return None
    return _EXACT.subtract(Decimal(left), Decimal(right))


def multiply(left: Number | None, right: Number | None) -> Number | None:
    """The exact product."""
    if left is None or right is None:
        return None
    return _EXACT.multiply(Decimal(left), Decimal(right))


def divide(left: Number | None, right: Number | None) -> Number | None:
    """The quotient to 28 digits; missing when dividing by zero."""
    if left is None or right is None or right == 0:
        return None
    return _ROUNDED.divide(Decimal(left), Decimal(right))


def negate(value: Number | None) -> Number | None:
    """The same number with the other sign."""
    return None if value is None else _EXACT.minus(Decimal(value))


def absolute(value: Number | None) -> Number | None:
    """The number without its sign."""
    return None if value is None else _EXACT.abs(Decimal(value))


def smallest(*values: Number | None) -> Number | None:
    """The least of them; missing if one is."""
    present = [value for value in values if value is not None]
    return min(present) if len(present) == len(values) else None


def largest(*values: Number | None) -> Number | None:
    """The greatest of them; missing if one is."""
    present = [value for value in values if value is not None]
    return max(present) if len(present) == len(values) else None


def length(value: str | None) -> int | None:
    """How many characters a text has."""
    return None if value is None else len(value)


def shortest(value: Number | None) -> Number | None:
    """The same number in its shortest form: integral ones as `int`, no closing zeros."""
    if value is None or isinstance(value, int):
        return value
    if value.adjusted() < _LONGEST and value == value.to_integral_value():
        return int(value)
    return value.normalize(_EXACT)


def money(cents: Number | None) -> Number | None:
    """An amount kept in cents as a plain number."""
    if cents is None:
        return None
    if isinstance(cents, int) and cents % 100 == 0:
        return cents // 100
    if isinstance(cents, int):
        if cents % 10 == 0:
            return _EXACT.scaleb(cents // 10, -1)
        return _EXACT.scaleb(cents, -2)
    # a mean has 28 digits of its own: only the point moves
    return shortest(_EXACT.scaleb(cents, -2))


def number(value: object) -> Number | None:
    """A JSON value as an exact number; anything else is missing."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        value = Decimal(repr(value))  # the shortest text of it: what the sender wrote
    if isinstance(value, int | Decimal):
        return shortest(value)
    return None


def text(value: object) -> str | None:
    """The value of a tag as text, numbers in the shortest form; missing stays missing."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        short = shortest(value)
        return f"{short:f}" if isinstance(short, Decimal) else str(short)
    raise TypeError(f"no tag can have the value {value!r}")
