"""Numbers of JSON, exactly as written: a float would change the last digits."""

from decimal import Decimal, InvalidOperation
from typing import Final

MOST_EXPONENT: Final = 308
"""Numbers beyond the range of a double are not read: 20 bytes could cost a gigabyte later."""

_INT64: Final = 2**63


class OutOfRange:
    """Stands for a number that is legal JSON but that we do not read.

    It is refused where it matters, and ignored in a field that nobody knows.
    """

    def __init__(self, written: str) -> None:
        self._written = written

    def __str__(self) -> str:
        return self._written


def exact_decimal(written: str) -> Decimal:
    """Return a number with a fraction or exponent; ValueError beyond the range of a double.

    >>> exact_decimal("0.10")
    Decimal('0.10')
    """
    try:
        number = Decimal(written)
    except InvalidOperation:  # an exponent of more than 18 digits
        raise ValueError("number out of range") from None
    if abs(number.adjusted()) > MOST_EXPONENT:
        raise ValueError("number out of range")
    return number


def read_float(written: str) -> Decimal | OutOfRange:
    """Return the number, or a stand-in if it cannot be read."""
    try:
        return exact_decimal(written)
    except ValueError:
        return OutOfRange(written)


def read_int(written: str) -> int | OutOfRange:
    """Return the integer, or a stand-in if it has more digits than Python reads (4,300)."""
    try:
        return int(written)
    except ValueError:
        return OutOfRange(written)


def whole(number: object) -> object:
    """Return 5.0 as 5, as JSON Schema sees it; anything else as it is."""
    if isinstance(number, Decimal) and number == number.to_integral_value():
        return int(number)
    return number


def widen(attributes: dict[str, object]) -> None:
    """Turn integers of more than 64 bits into decimals, which every encoder of ours writes."""
    for name, value in attributes.items():
        if type(value) is int and not -_INT64 <= value < _INT64:
            attributes[name] = Decimal(value)
