"""Amounts are exact to the last digit, from text and from numbers."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.money import MOST, cents_of_number, cents_of_text

amounts = st.integers(1, MOST)


@given(amounts, st.integers(0, 20))
def test_plain_text_is_read_exactly(cents: int, zeros: int) -> None:
    """Leading zeros are allowed, however many."""
    text = f"{'0' * zeros}{cents // 100}.{cents % 100:02}"
    assert cents_of_text(text) == cents
    if text.endswith("0"):
        assert cents_of_text(text[:-1]) == cents


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_the_value_of_a_number_decides(number: Decimal) -> None:
    """Against fractions: above 0, at most 1e12, a whole number of hundredths."""
    exact = Fraction(number) * 100
    allowed = 0 < exact <= MOST and exact.denominator == 1
    if allowed:
        assert cents_of_number(number) == exact
    else:
        with pytest.raises(ValueError, match=r"above 0|decimals"):
            cents_of_number(number)


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("1.50", 150),
        ("1e3", 100_000),
        ("1.5000000000000000000000000000000000", 150),
        ("1E-2", 1),
        ("1e12", MOST),
        ("1000000000000.00", MOST),
    ],
)
def test_numbers_may_be_written_in_any_way(written: str, cents: int) -> None:
    """The value counts, not how it is written."""
    assert cents_of_number(Decimal(written)) == cents


@pytest.mark.parametrize(
    "written",
    [
        *("0.001", "100.0000000000000000001", "100.00000000000000000000000000000000000000000001"),
        *("1e-400", "1000000000000.01", "0", "-1", "0.00"),
    ],
)
def test_a_hidden_digit_is_not_lost(written: str) -> None:
    """A float round trip, or rounding to 28 digits, would let these through."""
    with pytest.raises(ValueError, match=r"above 0|decimals"):
        cents_of_number(Decimal(written))


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", ".5", "0", "0.00", "-1", "+1", "1.", "1.234", "1e3", "1_000", " 1", "1 ", "1,5"),
        *(
            "1000000000000.01",
            "9" * 20,
            "9" * 300_000,
            "0" * 50 + "x",
            "0" * 50,
            "1..2",
            "NaN",
            "٣",
        ),
    ],
)
def test_text_of_another_form_is_refused(text: str) -> None:
    """And costs no time, however long it is."""
    with pytest.raises(ValueError, match=r"above 0|decimals"):
        cents_of_text(text)
