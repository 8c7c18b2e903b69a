"""Numbers are exact, and none is large enough to hurt."""

from decimal import Decimal

import pytest

from schemas.numbers import OutOfRange, exact_decimal, read_float, read_int, whole, widen


@pytest.mark.parametrize(
    "written", ["1e309", "1e-309", "0e400", "1e99999999999999999999", "-1E400"]
)
def test_numbers_beyond_a_double_are_not_read(written: str) -> None:
    """Some arithmetic on 1e999999999 takes a gigabyte."""
    with pytest.raises(ValueError, match="range"):
        exact_decimal(written)
    assert isinstance(found := read_float(written), OutOfRange)
    assert str(found) == written


def test_every_digit_is_kept() -> None:
    """Where a float would have 17."""
    assert str(read_float("0.12345678901234567890123")) == "0.12345678901234567890123"
    assert read_int("9" * 4300) == 10**4300 - 1
    assert isinstance(read_int("9" * 4301), OutOfRange)


def test_a_fraction_of_zero_is_none() -> None:
    """5.0 is an integer; 5.5, True and text stay what they are."""
    assert repr(whole(Decimal("5.0"))) == "5"
    assert [whole(x) for x in (Decimal("5.5"), True, "5.0")] == [Decimal("5.5"), True, "5.0"]


def test_only_large_integers_are_widened() -> None:
    """64 bits are the border, both ends included."""
    attributes: dict[str, object] = {"a": 2**63 - 1, "b": -(2**63), "c": 2**63, "d": True}
    widen(attributes)
    assert [type(value) for value in attributes.values()] == [int, int, Decimal, bool]
