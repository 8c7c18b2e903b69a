"""Exact arithmetic against fractions, and how numbers are shown."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import numbers

NUMBERS = st.one_of(
    st.integers(-(10**15), 10**15),
    st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**9)),
)


@given(NUMBERS, NUMBERS)
def test_sums_and_products_are_exact(left: numbers.Number, right: numbers.Number) -> None:
    """However many digits that takes."""
    a, b = Fraction(left), Fraction(right)
    pairs = [
        (numbers.add(left, right), a + b),
        (numbers.subtract(left, right), a - b),
        (numbers.multiply(left, right), a * b),
    ]
    for computed, exact in pairs:
        assert computed is not None
        assert Fraction(computed) == exact


def test_missing_makes_everything_missing() -> None:
    """Also the division by zero."""
    assert numbers.add(None, 1) is numbers.multiply(1, None) is numbers.divide(1, 0) is None
    assert numbers.smallest(1, None) is numbers.largest(None) is numbers.negate(None) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Decimal("1.50"), "1.5"),
        (Decimal("2E+3"), "2000"),
        (Decimal("-0.0"), "0"),
        (3, "3"),
        (True, "true"),
        ("C34", "C34"),
        (None, None),
    ],
)
def test_a_value_as_text_is_in_the_shortest_form(value: object, said: str | None) -> None:
    """No closing zeros, no exponent."""
    assert numbers.text(value) == said


def test_a_number_from_json_keeps_what_was_written() -> None:
    """A float by its shortest text; booleans and texts are no numbers."""
    assert numbers.number(0.1) == Decimal("0.1")
    assert numbers.number(2.0) == 2
    assert numbers.number(value=True) is numbers.number("2") is None


@given(st.integers(-(10**15), 10**15))
def test_amounts_are_shown_in_their_shortest_exact_form(cents: int) -> None:
    """Whole amounts as integers, others without trailing zeros."""
    shown = numbers.money(cents)
    assert shown is not None
    assert Fraction(shown) * 100 == cents
    assert isinstance(shown, int) == (cents % 100 == 0)
    if isinstance(shown, Decimal):
        assert str(shown)[-1] != "0"
        assert "E" not in str(shown)
