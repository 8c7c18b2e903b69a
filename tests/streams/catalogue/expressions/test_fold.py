from decimal import Decimal
from fractions import Fraction
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.catalogue.expressions.fold import fold

NUMBERS = st.decimals(
    allow_nan=False, allow_infinity=False, places=4, min_value=-(10**40), max_value=10**40
)


def exactly(value: object) -> Fraction:
    """A number as a ratio of whole numbers."""
    return Fraction(cast("Decimal", value))


@given(NUMBERS, NUMBERS)
def test_sums_and_products_are_exact(a: Decimal, b: Decimal) -> None:
    """Against fractions, at any length."""
    assert exactly(fold("+", a, b).value) == Fraction(a) + Fraction(b)
    assert exactly(fold("-", a, b).value) == Fraction(a) - Fraction(b)
    assert exactly(fold("*", a, b).value) == Fraction(a) * Fraction(b)


@given(NUMBERS, NUMBERS.filter(bool))
def test_a_quotient_has_28_digits(a: Decimal, b: Decimal) -> None:
    """Its error is at most half a unit in the 28th."""
    quotient, true = exactly(fold("/", a, b).value), Fraction(a) / Fraction(b)
    assert abs(quotient - true) <= abs(true) / (2 * 10**27)


def test_a_tie_goes_to_the_even_digit() -> None:
    """Half even, as banks round."""
    assert fold("/", 10**28 + 5, 10).value == 10**27
    assert fold("/", 10**28 + 15, 10).value == 10**27 + 2


def test_nothing_is_divided_by_zero() -> None:
    """The caller says where."""
    with pytest.raises(ZeroDivisionError):
        fold("/", 1, 0)
