"""Events are read exactly, and refused for the first reason that applies."""

import json
from decimal import Decimal
from typing import Any

import pytest

from schemas.decode import Rejected
from schemas.events import Interaction, Profile, Transaction
from schemas.rejects import Reason
from tests.schemas.reading import DECODER, both_ways, decode
from tests.schemas.samples import (
    BORROW,
    COMMON,
    ENQUIRY,
    NOW,
    OVERRIDE,
    POST,
    PROFILE,
    TOPIC_AND_EVENT,
    VISIT,
    encoded,
)


def reason_of(topic: str, event: Any) -> Reason:
    """Return why an event is refused."""
    with pytest.raises(Rejected) as caught:
        decode(topic, event)
    return caught.value.reason


@pytest.mark.parametrize(("topic", "event"), TOPIC_AND_EVENT)
def test_every_kind_of_event_is_read_the_same_in_both_ways(topic: str, event: Any) -> None:
    """What the quick way accepts, the careful way reads alike."""
    quick, careful = both_ways(topic, encoded(event))
    assert quick == careful
    assert quick[0] == "event"


def test_an_interaction_has_its_fields() -> None:
    """Text, integers and money in hundredths arrive where the type says."""
    event = decode("interactions", ENQUIRY)
    assert event == Interaction(
        id="e1",
        source="app",
        type="enquiry",
        user_id="u1",
        time=NOW,
        amount=5_000_050,
        purpose="equipment",
        term_days=90,
    )


def test_a_transaction_has_its_amount_in_hundredths() -> None:
    """123.45 is 12,345 hundredths, with no float in between."""
    event = decode("transactions", BORROW)
    assert isinstance(event, Transaction)
    assert (event.amount, event.currency) == (12345, "CNY")


def test_profile_attributes_are_exact_and_keep_null() -> None:
    """A null attribute is a wish to remove it; fractions are decimals."""
    event = decode("profiles", PROFILE)
    assert isinstance(event, Profile)
    assert event.attributes == {
        "grade": "A",
        "staff": 12,
        "share": Decimal("0.5"),
        "gone": None,
        "deep": {"a": [1]},
    }


def test_attributes_beyond_64_bits_become_decimals() -> None:
    """Our encoders refuse larger integers: the worker would stop at this event for ever."""
    event = decode("profiles", COMMON | {"type": "profile", "attributes": {"n": 2**63}})
    assert repr(event.attributes) == repr({"n": Decimal(2**63)})


def test_an_override_ends_at_an_instant() -> None:
    """`until` is read like any time; an absent value means the rules again."""
    event = decode("profiles", OVERRIDE)
    assert event.until == 1_769_875_200_000
    assert decode("profiles", OVERRIDE | {"value": None}).value is None


@pytest.mark.parametrize("value", ["low", True, ["c1", "c7"]])
def test_an_override_takes_every_kind_of_tag_value(value: Any) -> None:
    """A text, a flag or the members of a set."""
    assert decode("profiles", OVERRIDE | {"value": value}).value == value


def test_null_is_absent_and_unknown_fields_are_ignored() -> None:
    """Even if what nobody knows is strange."""
    strange = {"score": None, "amount": None, "what": [1e308, {"a": None}], "n": 10**30}
    assert decode("interactions", VISIT | strange) == decode("interactions", VISIT)


def test_the_last_of_repeated_keys_counts() -> None:
    """As every JSON reader does it, also when the first one was wrong."""
    value = encoded(VISIT).replace(b'{"id": "e1"', b'{"id": 1, "id": "e1"')
    assert decode("interactions", value) == decode("interactions", VISIT)


def test_an_integer_may_be_written_with_a_fraction_of_zero() -> None:
    """120.0 is an integer, as JSON Schema sees it; 120.5 is none."""
    value = encoded(VISIT).replace(b"120", b"120.0")
    assert decode("interactions", value).duration_s == 120
    assert reason_of("interactions", value.replace(b"120.0", b"120.5")) == "bad_field"


@pytest.mark.parametrize("kind", ["overdue", "default"])
def test_what_goes_wrong_needs_no_amount(kind: str) -> None:
    """All other transactions do."""
    assert decode("transactions", COMMON | {"type": kind}).amount is None


def test_escaped_and_plain_text_are_the_same() -> None:
    """Producers that write ASCII only are read alike."""
    assert decode("interactions", json.dumps(POST).encode()) == decode("interactions", POST)


def test_headers_that_are_not_of_a_cloud_event_change_nothing() -> None:
    """Tracing headers are common, and may have no value."""
    headers: Any = [("traceparent", b"00-1"), ("empty", None), ("content-type", None)]
    event = DECODER.decode("interactions", encoded(VISIT), headers, NOW)
    assert event == decode("interactions", VISIT)


@pytest.mark.parametrize("length", [1, 128])
def test_text_is_measured_in_characters(length: int) -> None:
    """Not in bytes: 128 Chinese characters are 128."""
    assert decode("interactions", VISIT | {"user_id": "中" * length}).user_id == "中" * length


# -- refused

REFUSED: list[tuple[Reason, str, Any]] = [
    ("too_large", "interactions", b'{"x": "' + b"x" * 256 * 1024 + b'"}'),
    ("too_large", "interactions", b"x" * (256 * 1024 + 1)),
    ("not_json", "interactions", b""),
    ("not_json", "interactions", b" \n"),
    ("not_json", "interactions", b"hello"),
    ("not_json", "interactions", b"[]"),
    ("not_json", "interactions", b"null"),
    ("not_json", "interactions", b'"visit"'),
    ("not_json", "interactions", encoded(VISIT) + b"}"),
    ("not_json", "interactions", b"\xef\xbb\xbf" + encoded(VISIT)),
    ("not_json", "interactions", encoded(VISIT).replace(b"120", b"NaN")),
    ("not_json", "interactions", encoded(VISIT).replace(b"120", b"Infinity")),
    ("not_json", "interactions", encoded(VISIT).replace(b"120", b"0120")),
    ("not_json", "interactions", encoded(VISIT).replace(b"tax", b"\xff")),
    ("not_json", "interactions", encoded(VISIT | {"x": "y"}).replace(b'"y"', b'"\xc3\x28"')),
    ("not_json", "interactions", encoded(VISIT).replace(b"tax", b"\\ud800")),
    ("not_json", "interactions", encoded(VISIT | {"x": "y"}).replace(b'"y"', b'"\\udc00"')),
    ("not_json", "interactions", b"[" * 100_000 + b"]" * 100_000),
    ("not_json", "interactions", b'{"a":' * 40_000 + b"}" * 39_999),
    ("too_deep", "interactions", b'{"a":' * 40_000 + b"1" + b"}" * 40_000),
    ("too_deep", "interactions", VISIT | {"x": json.loads("[" * 32 + "]" * 32)}),
    ("too_deep", "profiles", PROFILE | {"attributes": json.loads('{"a":' * 32 + "1" + "}" * 32)}),
    ("missing_field", "interactions", {}),
    ("missing_field", "interactions", COMMON),
    ("missing_field", "interactions", COMMON | {"type": None}),
    ("unknown_type", "interactions", COMMON | {"type": "vist"}),
    ("unknown_type", "interactions", COMMON | {"type": ""}),
    ("unknown_type", "interactions", COMMON | {"type": ["visit"]}),
    ("unknown_type", "interactions", {"type": "vist", "id": 5}),
    ("wrong_topic", "interactions", BORROW),
    ("wrong_topic", "transactions", {"type": "visit"}),
    ("wrong_topic", "profiles", VISIT),
    ("missing_field", "interactions", {"type": "visit"}),
    ("missing_field", "interactions", VISIT | {"time": None}),
    ("missing_field", "interactions", VISIT | {"id": 5, "user_id": None}),
    ("missing_field", "transactions", BORROW | {"amount": None}),
    ("missing_field", "profiles", PROFILE | {"attributes": None}),
    ("missing_field", "profiles", OVERRIDE | {"tag": None}),
    ("bad_field", "interactions", VISIT | {"id": ""}),
    ("bad_field", "interactions", VISIT | {"id": 5}),
    ("bad_field", "interactions", VISIT | {"id": "x" * 129}),
    ("bad_field", "interactions", VISIT | {"source": "x" * 257}),
    ("bad_field", "interactions", VISIT | {"user_id": "x" * 129}),
    ("bad_field", "interactions", VISIT | {"user_id": "a\nb"}),
    ("bad_field", "interactions", VISIT | {"user_id": "a\x7fb"}),
    ("bad_field", "interactions", VISIT | {"user_id": "a\x85b"}),
    ("bad_field", "interactions", VISIT | {"community_id": ""}),
    ("bad_field", "interactions", VISIT | {"duration_s": -1}),
    ("bad_field", "interactions", VISIT | {"duration_s": 86401}),
    ("bad_field", "interactions", VISIT | {"duration_s": True}),
    ("bad_field", "interactions", VISIT | {"duration_s": "120"}),
    ("bad_field", "interactions", encoded(VISIT).replace(b"120", b"1e400")),
    ("bad_field", "interactions", encoded(VISIT).replace(b"120", b"9" * 5000)),
    ("bad_field", "interactions", POST | {"content": "x" * 4097}),
    ("bad_field", "interactions", VISIT | {"score": 0}),
    ("bad_field", "interactions", VISIT | {"score": 6}),
    ("bad_field", "interactions", VISIT | {"time": "2026-01-01T00:00:00"}),
    ("bad_field", "interactions", VISIT | {"time": "2026-02-30T00:00:00Z"}),
    ("bad_field", "interactions", VISIT | {"time": "2026-01-01 00:00:00Z"}),
    ("bad_field", "interactions", VISIT | {"time": "1989-12-31T23:59:59.999Z"}),
    ("bad_field", "interactions", VISIT | {"time": NOW + 0.5}),
    ("bad_field", "interactions", VISIT | {"time": 1_700_000_000}),
    ("bad_field", "interactions", VISIT | {"time": -1}),
    ("bad_field", "interactions", VISIT | {"time": True}),
    ("bad_field", "interactions", VISIT | {"time": str(NOW)}),
    ("bad_field", "interactions", ENQUIRY | {"amount": "-1"}),
    ("bad_field", "interactions", ENQUIRY | {"term_days": 0}),
    ("bad_field", "transactions", BORROW | {"amount": 0}),
    ("bad_field", "transactions", BORROW | {"amount": -1}),
    ("bad_field", "transactions", BORROW | {"amount": 0.001}),
    ("bad_field", "transactions", BORROW | {"amount": 10**12 + 1}),
    ("bad_field", "transactions", BORROW | {"amount": "1e3"}),
    ("bad_field", "transactions", BORROW | {"amount": "1."}),
    ("bad_field", "transactions", BORROW | {"amount": " 1"}),
    ("bad_field", "transactions", BORROW | {"amount": "1.234"}),
    ("bad_field", "transactions", BORROW | {"amount": "٣"}),
    ("bad_field", "transactions", BORROW | {"amount": "9" * 10_000}),
    ("bad_field", "transactions", BORROW | {"amount": True}),
    ("bad_field", "transactions", BORROW | {"amount": [1.5]}),
    ("bad_field", "transactions", encoded(BORROW).replace(b"123.45", b"100.0000000000000000001")),
    ("bad_field", "transactions", encoded(BORROW).replace(b"123.45", b"1e400")),
    ("bad_field", "transactions", encoded(BORROW).replace(b"123.45", b"9" * 5000)),
    ("bad_field", "transactions", encoded(BORROW).replace(b"123.45", b"1e-9999999999999999999999")),
    ("bad_field", "transactions", BORROW | {"purpose": "fun"}),
    ("bad_field", "transactions", BORROW | {"currency": 156}),
    ("bad_field", "transactions", BORROW | {"currency": "USD", "term_days": 36501}),
    ("bad_field", "profiles", PROFILE | {"attributes": []}),
    ("bad_field", "profiles", encoded(PROFILE).replace(b"0.5", b"1e999")),
    ("bad_field", "profiles", encoded(PROFILE).replace(b"0.5", b"0e999999999")),
    ("bad_field", "profiles", encoded(PROFILE).replace(b"0.5", b"9" * 4301)),
    ("bad_field", "profiles", OVERRIDE | {"value": 5}),
    ("bad_field", "profiles", OVERRIDE | {"until": "soon"}),
    ("bad_field", "profiles", OVERRIDE | {"reason": ""}),
    ("bad_currency", "transactions", BORROW | {"currency": "USD"}),
    ("bad_currency", "transactions", BORROW | {"currency": "cny"}),
    ("bad_currency", "transactions", BORROW | {"currency": "USD", "time": NOW + 10**7}),
    ("future_time", "interactions", VISIT | {"time": NOW + 300_001}),
    ("future_time", "interactions", VISIT | {"time": "9999-12-31T23:59:59.999Z"}),
]


@pytest.mark.parametrize(("reason", "topic", "event"), REFUSED, ids=range(len(REFUSED)))
def test_an_event_is_refused_for_the_first_reason_that_applies(
    reason: Reason, topic: str, event: Any
) -> None:
    """In both ways alike."""
    value = event if isinstance(event, bytes) else encoded(event)
    quick, careful = both_ways(topic, value)
    assert quick == careful
    assert quick[0] == reason


def test_the_limits_themselves_are_allowed() -> None:
    """One more would be too much."""
    decode("interactions", VISIT | {"time": NOW + 300_000})
    decode("interactions", VISIT | {"duration_s": 86400, "source": "x" * 256})
    decode("interactions", POST | {"content": ""})
    decode("interactions", VISIT | {"x": json.loads("[" * 31 + "]" * 31)})
    decode("transactions", BORROW | {"amount": 10**12})
    decode("transactions", BORROW | {"amount": "0.01", "term_days": 36500})
    full = encoded(VISIT | {"x": ""})
    padding = b"x" * (256 * 1024 - len(full))
    decode("interactions", full[:-2] + padding + full[-2:])


def test_brackets_in_text_are_not_nesting() -> None:
    """Many are looked at more closely, no more."""
    event = decode("interactions", POST | {"content": "[" * 40})
    assert event.content == "[" * 40


def test_no_value_at_all_is_no_json() -> None:
    """A record without a value (a tombstone) is an event to nobody."""
    with pytest.raises(Rejected, match="not_json"):
        DECODER.decode("interactions", None, (), NOW)
