from decimal import Decimal

import pytest

from streams.catalogue.faults import Faults, Place
from streams.catalogue.fields import Fields
from streams.catalogue.tree import parse


def fields_of(text: str) -> tuple[Fields, Faults]:
    """The fields of a mapping, and what is found wrong with them."""
    faults = Faults()
    return Fields("it", Place(1, 1), parse(text, faults), faults), faults


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("1s", 1_000),
        ("5m", 300_000),
        ("24h", 86_400_000),
        ("7d", 604_800_000),
        ("007d", 604_800_000),
    ],
)
def test_a_duration_is_a_whole_number_and_a_unit(written: str, span: int) -> None:
    """In milliseconds."""
    fields, faults = fields_of(f"k: {written}")
    assert fields.duration("k") == span
    assert not faults.in_order()


@pytest.mark.parametrize(
    "written",
    [
        "7",
        "d",
        "7 d",
        "1.5h",
        "-1d",
        "7D",
        "7w",
        "'\u0667d'",
        "1h30m",
        "36501d",
        "9999999999999d",
        "0s",
    ],
)
def test_anything_else_is_no_duration(written: str) -> None:
    """Fractions, signs, other digits and units, nothing at all, and more than a century."""
    fields, faults = fields_of(f"k: {written}")
    assert fields.duration("k") is None
    assert len(faults) == 1


def test_nothing_is_a_duration_where_it_makes_sense() -> None:
    """A cooldown of 0s: every hit is an alert."""
    fields, faults = fields_of("k: 0s")
    assert fields.duration("k", zero=True) == 0
    assert not faults.in_order()


@pytest.mark.parametrize("written", ["1.0", "0x10", "'3'", "1_000", "true", "~", "11", "-1", "[1]"])
def test_anything_but_a_plain_whole_number_within_limits_is_refused(written: str) -> None:
    """Between 0 and 10 here."""
    fields, faults = fields_of(f"k: {written}")
    assert fields.integer("k", 0, 10) is None
    assert len(faults) == 1


def test_a_number_is_exact() -> None:
    """It never goes through binary floating point."""
    fields, _ = fields_of("k: 0.1")
    assert fields.decimal("k", Decimal(0), places=2) == Decimal("0.1")


@pytest.mark.parametrize("written", [".inf", ".nan", "1e3", "0", "-1", "0.125", "abc"])
def test_anything_else_is_no_positive_number(written: str) -> None:
    """Nor one with more decimals than the currency has."""
    fields, faults = fields_of(f"k: {written}")
    assert fields.decimal("k", Decimal(0), places=2) is None
    assert len(faults) == 1


def test_an_unknown_key_comes_with_a_suggestion() -> None:
    """Or, if nothing is close, with what is known."""
    fields, faults = fields_of("windw: 1\nxyz: 2")
    fields.only(("window", "step"))
    assert [fault.message for fault in faults.in_order()] == [
        'it has no "windw", did you mean "window"?',
        'it has no "xyz", known are: window, step',
    ]
