"""Amounts of money as people send them, to exact hundredths: no float in between."""

import re
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Final

MOST: Final = 10**14
"""The largest amount, 1e12, in hundredths."""

TEXT: Final = r"[0-9]+(\.[0-9]{1,2})?"
"""How an amount is written as text."""

_TEXT: Final = re.compile(TEXT)
_QUICK_DIGITS: Final = 16  # 1e12 with point and decimals; longer ones have leading zeros
_EXACT: Final = Context(prec=28, traps=[Inexact, InvalidOperation])


def cents_of_text(text: str) -> int:
    """Return the hundredths of an amount in the plain form `123`, `123.4` or `123.45`.

    ValueError if it is not plain, not above 0 or above 1e12.

    >>> cents_of_text("123.45"), cents_of_text("007.5")
    (12345, 750)
    """
    if not 0 < len(text) <= _QUICK_DIGITS:
        text = _without_leading_zeros(text)
    if text[-3:-2] == ".":
        digits = text[:-3] + text[-2:]
    elif text[-2:-1] == ".":
        digits = text[:-2] + text[-1] + "0"
    else:
        digits = text + "00"
    # int() alone would take "+1", "1_000" and Arabic digits
    if digits.isdigit() and digits.isascii() and text[0] != ".":
        return _within_limits(int(digits))
    raise ValueError("not an amount with at most 2 decimals")


def cents_of_number(number: int | Decimal) -> int:
    """Return the hundredths of a JSON number: its value counts, so 1.500 and 1e3 are fine.

    ValueError if it has more than 2 decimals, is not above 0 or above 1e12.

    >>> cents_of_number(Decimal("1.500"))
    150
    """
    if not 0 < number <= MOST // 100:
        raise ValueError("not above 0 and at most 1e12")
    try:
        hundredths = _EXACT.multiply(Decimal(number), Decimal(100))
    except Inexact:
        raise ValueError("more than 2 decimals") from None
    if hundredths != (cents := int(hundredths)):
        raise ValueError("more than 2 decimals")
    return cents


def _within_limits(cents: int) -> int:
    if 0 < cents <= MOST:
        return cents
    raise ValueError("not above 0 and at most 1e12")


def _without_leading_zeros(text: str) -> str:
    """Return a long text without its leading zeros; ValueError if that does not make it short.

    As a number a text of hostile length would cost quadratic time.
    """
    stripped = text.lstrip("0")
    if len(stripped) > _QUICK_DIGITS or not _TEXT.fullmatch(text):
        raise ValueError("not above 0 and at most 1e12, with at most 2 decimals")
    return stripped if stripped[:1].isdigit() else "0" + stripped
