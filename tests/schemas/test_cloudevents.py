"""CloudEvents, in both modes, are the same events."""

from typing import Any

import pytest

from schemas.cloudevents import CONTENT_TYPE
from schemas.decode import Decoder, Rejected
from schemas.rejects import Reason
from tests.schemas.samples import BORROW, ERASE, NOW, POST, PROFILE, VISIT, encoded

DECODER = Decoder("CNY")
ENVELOPED = {"id", "source", "type", "user_id", "time"}


def data_of(event: dict[str, Any]) -> dict[str, Any]:
    """Return what is not in the envelope."""
    return {name: value for name, value in event.items() if name not in ENVELOPED}


def structured(event: dict[str, Any], **more: Any) -> bytes:
    """Return the event in an envelope."""
    attributes = {name: event[name] for name in ("id", "source", "type", "time")}
    subject = {"specversion": "1.0", "subject": event["user_id"]}
    return encoded(attributes | subject | {"data": data_of(event)} | more)


def binary(event: dict[str, Any], **more: Any) -> list[tuple[str, bytes]]:
    """Return the headers of the event."""
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": event["id"],
        "source": event["source"],
        "type": event["type"],
        "subject": event["user_id"],
        "time": "2026-01-01T00:00:00Z",
    }
    return [(f"ce_{k}", v.encode()) for k, v in (attributes | more).items() if v is not None]


@pytest.mark.parametrize(
    ("topic", "event"),
    [
        ("interactions", VISIT),
        ("interactions", POST),
        ("transactions", BORROW),
        ("profiles", PROFILE),
        ("profiles", ERASE),
    ],
)
def test_all_three_forms_are_the_same_event(topic: str, event: dict[str, Any]) -> None:
    """Plain, structured, binary."""
    plain = DECODER.decode(topic, encoded(event), (), NOW)
    assert DECODER.decode(topic, structured(event), CONTENT_TYPE, NOW) == plain
    assert DECODER.decode(topic, encoded(data_of(event)), binary(event), NOW) == plain


def test_a_structured_event_needs_no_data_either() -> None:
    """Absent or null."""
    event = DECODER.decode("interactions", structured(VISIT, data=None), CONTENT_TYPE, NOW)
    assert event.type == "visit"


@pytest.mark.parametrize("value", [None, b"", b"{}"])
def test_a_binary_event_needs_no_data(value: bytes | None) -> None:
    """A visit says it all in its headers."""
    assert DECODER.decode("interactions", value, binary(VISIT), NOW).type == "visit"


def test_the_envelope_speaks_for_itself() -> None:
    """An `id` inside the data is not the event's, nor is a `user_id`."""
    data = data_of(VISIT) | {"id": "other", "user_id": "other"}
    event = DECODER.decode("interactions", structured(VISIT, data=data), CONTENT_TYPE, NOW)
    assert (event.id, event.user_id) == ("e1", "u1")


@pytest.mark.parametrize("name", ["Content-Type", "content-type"])
@pytest.mark.parametrize(
    "kind", [b"application/cloudevents+json", b"Application/CloudEvents+JSON;x"]
)
def test_the_content_type_is_recognised_in_any_spelling(name: str, kind: bytes) -> None:
    """Names and types are not case-sensitive; parameters follow."""
    event = DECODER.decode("interactions", structured(VISIT), [(name, kind)], NOW)
    assert event.user_id == "u1"


def test_extensions_are_ignored() -> None:
    """Known ones such as `traceparent`, and data's media type."""
    value = structured(VISIT, traceparent="00-1", datacontenttype="application/json")
    assert DECODER.decode("interactions", value, CONTENT_TYPE, NOW).id == "e1"
    headers = binary(VISIT, traceparent="00-1")
    assert DECODER.decode("interactions", b"{}", headers, NOW).id == "e1"


STRUCTURED: list[tuple[Reason, bytes]] = [
    ("not_json", b""),
    ("not_json", b"[]"),
    ("not_json", structured(VISIT, data="text")),
    ("missing_field", structured(VISIT, type=None)),
    ("unknown_type", structured(VISIT, type="com.example.visit")),
    ("wrong_topic", structured(BORROW)),
    ("missing_field", structured(VISIT, specversion=None)),
    ("missing_field", structured(VISIT, subject=None, user_id="u1")),
    ("missing_field", structured(VISIT, time=None)),
    ("bad_field", structured(VISIT, specversion="0.3")),
    ("bad_field", structured(VISIT, data_base64="e30=")),
    ("bad_field", structured(VISIT, data={"duration_s": -1})),
    ("future_time", structured(VISIT, time=NOW + 10**6)),
]


@pytest.mark.parametrize(("reason", "value"), STRUCTURED)
def test_a_structured_event_is_refused_for_the_same_reasons(reason: Reason, value: bytes) -> None:
    """In the same order."""
    with pytest.raises(Rejected) as caught:
        DECODER.decode("interactions", value, CONTENT_TYPE, NOW)
    assert caught.value.reason == reason


BINARY: list[tuple[Reason, bytes, Any]] = [
    ("too_large", b"x" * 300_000, binary(VISIT)),
    ("not_json", b"[]", binary(VISIT)),
    ("not_json", b"{}", [*binary(VISIT), ("ce_x", b"\xff")]),
    ("missing_field", b"{}", binary(VISIT, type=None)),
    ("missing_field", b"{}", binary(VISIT, subject=None)),
    ("missing_field", b"{}", binary(VISIT, time=None)),
    ("bad_field", b"{}", binary(VISIT, specversion="2.0")),
    ("bad_field", b"{}", binary(VISIT, time=str(NOW))),
    ("bad_field", b'{"score": 9}', binary(VISIT)),
]


@pytest.mark.parametrize(("reason", "value", "headers"), BINARY, ids=range(len(BINARY)))
def test_a_binary_event_is_refused_for_the_same_reasons(
    reason: Reason, value: bytes, headers: Any
) -> None:
    """In the same order."""
    with pytest.raises(Rejected) as caught:
        DECODER.decode("interactions", value, headers, NOW)
    assert caught.value.reason == reason


def test_a_missing_subject_is_explained() -> None:
    """Who sends CloudEvents may not know what we call it."""
    with pytest.raises(Rejected, match="subject"):
        DECODER.decode("interactions", b"{}", binary(VISIT, subject=None), NOW)
