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
from tests.schemas.test_decode import REFUSED
from tests.schemas.test_decode_both_ways import mutated_events

QUICK = LineDecoder("CNY", NOW)


def outcome(read: Callable[[], Event]) -> tuple[str, object]:
    """Return all fields of the event by name, or why there is none."""
    try:
        return described(read())
    except Rejected as rejected:
        return described(rejected)


def described(found: Event | Rejected) -> tuple[str, object]:
    """Return what makes two of them equal."""
    if isinstance(found, Rejected):
        return found.reason, found.message
    names = EVENTS[TOPIC_OF[found.type]].__struct_fields__
    return "event", {name: repr(getattr(found, name)) for name in names}


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


LINE = st.one_of(
    mutated_events().map(lambda case: case[1].replace(b"\n", b" ")),
    st.sampled_from([encoded(event) for _, event in TOPIC_AND_EVENT]),
    st.sampled_from(
        [
            b"",
            b" ",
            encoded(VISIT) + b"\r",
            encoded(VISIT) + b",",
            encoded(VISIT) + b"," + encoded(BORROW),
            encoded(VISIT) + b"," + encoded(BORROW)[:-1],  # whole with what may come next
            b'"x":1}',
            encoded(VISIT)[:-1] + b',"x":"',
            b'",' + encoded(VISIT)[1:],
            encoded(VISIT)[:-1] + b',"x":' + b"[" * 20 + b"]" * 20 + b"}",
            encoded(VISIT | {"x": "y" * 300_000}),
            encoded(VISIT)[:-1] + b',"x":"\xff"}',
        ]
    ),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(LINE, max_size=12))
@example([encoded(VISIT) + b"," + encoded(BORROW)[:-1], b'"x":1}'])
@example([encoded(VISIT)[:-1] + b',"x":"', encoded(BORROW)[1:]])
def test_many_lines_are_read_as_each_alone(lines: list[bytes]) -> None:
    """Whatever stands beside it: no line mends or spoils another."""
    found = QUICK.decode_all(lines)
    assert len(found) == len(lines)
    for one, line in zip(found, lines, strict=True):
        assert described(one) == both_ways(line)[1]


def test_one_wrong_line_among_many_leaves_the_others() -> None:
    """More than are read together, and the order stays."""
    good = [encoded(VISIT | {"id": f"e{number}"}) for number in range(250)]
    found = QUICK.decode_all([*good[:120], b"no JSON", *good[120:]])
    assert isinstance(found.pop(120), Rejected)
    assert [event.id for event in found if not isinstance(event, Rejected)] == [
        f"e{number}" for number in range(250)
    ]


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
