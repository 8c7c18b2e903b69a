"""A change reads as other people's programs expect it."""

import json
from decimal import Decimal

import pytest

from schemas.changes import (
    CatalogueCause,
    Cause,
    EraseCause,
    EventCause,
    ExpiryCause,
    OverrideCause,
    TagChange,
    Why,
    decode_change,
    encode_change,
    encode_value,
)

CAUSES: list[tuple[Cause, dict[str, object]]] = [
    (
        EventCause("eu.interactions", 3, 7, "app", "e1"),
        {
            "kind": "event",
            "topic": "eu.interactions",
            "partition": 3,
            "offset": 7,
            "source": "app",
            "id": "e1",
        },
    ),
    (ExpiryCause(), {"kind": "expiry"}),
    (CatalogueCause(), {"kind": "catalogue"}),
    (OverrideCause("li", None), {"kind": "override", "by": "li", "reason": None}),
    (EraseCause(), {"kind": "erase"}),
]


@pytest.mark.parametrize(("cause", "written"), CAUSES)
def test_a_cause_says_its_kind_first(cause: Cause, written: dict[str, object]) -> None:
    """Readers branch on it."""
    change = TagChange(0, "u", None, None, None, 0, cause, None, "c@1")
    assert list(json.loads(encode_change(change))["cause"].items()) == list(written.items())


@pytest.mark.parametrize(("cause", "_written"), CAUSES)
def test_a_change_survives_being_written(cause: Cause, _written: object) -> None:
    """Whatever its cause."""
    why = Why("n >= 1 and t == 'a'", {"n": 1, "t": None})
    change = TagChange(5, "u1", "tag", ["c1", "c2"], "low", 1, cause, why, "shop@1")
    assert decode_change(encode_change(change)) == change


def test_fields_come_in_the_order_of_the_contract() -> None:
    """And an erase says nothing of what was."""
    change = TagChange(1, "u1", None, None, None, 5, EraseCause(), None, "shop@1")
    assert encode_change(change) == (
        b'{"seq":1,"user_id":"u1","tag":null,"old":null,"new":null,"time":5,'
        b'"cause":{"kind":"erase"},"why":null,"catalogue":"shop@1"}'
    )


def test_decimals_are_numbers_with_all_their_digits() -> None:
    """Not text, not floats."""
    why = Why("m > 1", {"m": Decimal("1234567890123456789.10")})
    assert encode_value(why) == b'{"rule":"m > 1","measures":{"m":1234567890123456789.10}}'
