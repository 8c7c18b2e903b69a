"""Lines are read quickly, and exactly as the worker would read them as records."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.decode import Decoder, Rejected
from schemas.events import EVENTS, TOPIC_OF, Event
from schemas.lines import LineDecoder
from tests.schemas.samples import (
    BORROW,
    ENQUIRY,
    NOW,
    OVERDUE,
    POST,
    TOPIC_AND_EVENT,
    VISIT,
    encoded,
)
from tests.schemas.test_cloudevents import structured
from tests.schemas.test_decode import REFUSED, mutated_events

QUICK = LineDecoder("CNY", NOW)


def outcome(read: Callable[[], Event]) -> tuple[str, object]:
    """Return all fields of the event by name, or why there is none."""
    try:
        event = read()
    except Rejected as rejected:
        return rejected.reason, rejected.message
    names = EVENTS[TOPIC_OF[event.type]].__struct_fields__
    return "event", {name: repr(getattr(event, name)) for name in names}


def both_ways(line: bytes) -> tuple[tuple[str, object], tuple[str, object]]:
    """Return the outcomes of the line as such, and as a record of the topic of its type."""
    careful = Decoder("CNY")
    return (
        outcome(lambda: QUICK.decode(line)),
        outcome(lambda: careful.decode_line(line.strip(), NOW)[1]),
    )


@settings(max_examples=1500, deadline=None)
@given(mutated_events(), st.sampled_from([b"", b" ", b"\t\r", b"\x0b"]))
@example(("transactions", encoded(OVERDUE | {"amount": "0012.5"})), b"")
@example(("interactions", encoded(VISIT | {"type": "borrow"})), b"")
def test_a_line_is_read_as_a_record_of_its_topic_would_be(
    case: tuple[str, bytes], around: bytes
) -> None:
    """Same fields or same reason and message, whatever was done to the bytes."""
    quick, careful = both_ways(around + case[1] + around)
    assert quick == careful


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_no_line_brings_the_decoder_down(line: bytes) -> None:
    """Arbitrary bytes are refused, and alike."""
    quick, careful = both_ways(line)
    assert quick == careful


@pytest.mark.parametrize(("reason", "topic", "event"), REFUSED, ids=range(len(REFUSED)))
def test_what_the_worker_refuses_is_refused_in_a_line(reason: str, topic: str, event: Any) -> None:
    """Only a wrong topic cannot happen: a line goes where its type belongs."""
    del topic
    line = event if isinstance(event, bytes) else encoded(event)
    quick, careful = both_ways(line)
    assert quick == careful
    if reason != "wrong_topic":
        assert quick[0] == reason


@pytest.mark.parametrize(
    "line",
    [
        structured(BORROW),
        encoded(BORROW | {"specversion": "1.0"}),
        encoded(BORROW | {"specversion": "1.0"}).replace(b"spec", b"\\u0073pec"),
        encoded(VISIT | {"specversion": None}),
        encoded(POST | {"content": "specversion"}),
        encoded(VISIT).replace(b'"type"', b'"type": "borrow", "type"'),
        encoded(VISIT).replace(b'"type"', b'"t\\u0079pe"'),
        encoded(VISIT | {"x": {"type": "borrow"}}),
        json.dumps(POST).encode(),
    ],
)
def test_envelopes_and_repeated_types_are_seen(line: bytes) -> None:
    """However they are written, and not where they are only mentioned."""
    quick, careful = both_ways(line)
    assert quick == careful


@pytest.mark.parametrize(("topic", "event"), TOPIC_AND_EVENT)
def test_all_but_profiles_go_the_quick_way(topic: str, event: dict[str, object]) -> None:
    """Or a slip in the quick way would only be seen as a slow replay."""
    read = QUICK.decode(encoded(event | {"amount": "5"} if event in (ENQUIRY, OVERDUE) else event))
    assert isinstance(read, msgspec.Struct)
    assert isinstance(read, EVENTS["profiles"]) == (topic == "profiles")
    assert isinstance(read, Event) == (topic == "profiles")
