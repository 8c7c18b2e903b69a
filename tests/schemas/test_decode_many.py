"""Reading many records at once gives exactly what reading each of them gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.decode import Decoder, Rejected
from schemas.decode_many import read_together
from schemas.events import Event
from schemas.parsing import MAX_BYTES
from tests.schemas.samples import BORROW, ENQUIRY, NOW, OVERDUE, POST, VISIT, encoded

DECODER = Decoder("CNY")
SAMPLES = {
    "interactions": [encoded(event) for event in (VISIT, ENQUIRY, POST)],
    "transactions": [encoded(event) for event in (BORROW, OVERDUE)],
}
TOPICS = tuple(SAMPLES)
VISITED = SAMPLES["interactions"][0]


@dataclass
class FakeRecord:
    """A Kafka record as the client hands it out."""

    value: bytes | None
    timestamp: int = NOW
    headers: tuple[tuple[str, bytes], ...] = ()


def shown(events: Sequence[Event | Rejected]) -> list[Any]:
    """In a form that tells 5 from 5.0."""
    return [repr(event) for event in events]


def one_by_one(topic: str, records: Sequence[FakeRecord]) -> list[Any]:
    """The obvious way."""
    found: list[Event | Rejected] = []
    for record in records:
        try:
            found.append(DECODER.decode(topic, record.value, record.headers, record.timestamp))
        except Rejected as fault:
            found.append(fault)
    return shown(found)


def together(topic: str, records: Sequence[FakeRecord]) -> list[Event] | None:
    """The quick way alone, without its way out."""
    return read_together(topic, records, lambda *_: True, "CNY")


@st.composite
def damaged(draw: st.DrawFn, topic: str) -> bytes:
    """A sample with a piece taken out, doubled or put somewhere else."""
    value = draw(st.sampled_from(SAMPLES[topic]))
    a, b, c = sorted(draw(st.integers(0, len(value))) for _ in range(3))
    how = draw(st.sampled_from(("whole", "whole", "cut", "head", "twice", "swap", "text")))
    parts = {
        "cut": value[:a] + value[b:],
        "head": value[:a],
        "twice": value + b"," + value,
        "swap": value[:a] + value[b:c] + value[a:b] + value[c:],
        "text": value[:a]
        + draw(st.sampled_from((b"{", b"}", b"[", b'"', b",", b"\xff")))
        + value[a:],
    }
    return parts.get(how, value)


@st.composite
def blocks(draw: st.DrawFn) -> tuple[str, list[FakeRecord]]:
    """Records of a topic: good ones, damaged ones, and what a good one falls into when cut."""
    topic = draw(st.sampled_from(TOPICS))
    values = list[bytes | None]()
    for value in draw(st.lists(damaged(topic), max_size=4)):
        at = draw(st.integers(0, len(value)) | st.none())
        values += [value] if at is None else [value[:at], value[at:]]
    late = st.sampled_from((NOW, NOW - 10**7))
    header = st.sampled_from(((), (("trace", b"1"),), (("ce_specversion", b"1.0"),)))
    return topic, [FakeRecord(value, draw(late), draw(header)) for value in values]


@settings(max_examples=400, deadline=None)
@given(blocks())
# joined they would be two good events, one of them made of pieces
@example(("interactions", [FakeRecord(VISITED + b',{"id":"e9"'), FakeRecord(VISITED[1:])]))
@example(("interactions", [FakeRecord(VISITED + b',{"topic":"'), FakeRecord(b'{",' + VISITED[1:])]))
@example(("interactions", [FakeRecord(None), FakeRecord(b"")]))
def test_it_is_the_same_as_one_by_one(block: tuple[str, list[FakeRecord]]) -> None:
    """Whatever the records are: also those that only together would be an event."""
    topic, records = block
    assert shown(DECODER.decode_all(topic, records)) == one_by_one(topic, records)


@pytest.mark.parametrize("topic", TOPICS)
def test_usual_records_are_read_together(topic: str) -> None:
    """Else all of this would be for nothing."""
    records = [FakeRecord(value, headers=(("trace", b"1"),)) for value in SAMPLES[topic] * 10]
    events = together(topic, records)
    assert events is not None
    assert len(events) == len(records)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b" " + SAMPLES["interactions"][0],
        SAMPLES["interactions"][0].replace(b"}", b',"more":{}}'),
        SAMPLES["interactions"][0].replace(b"e1", b"\xff\xfe"),
        SAMPLES["interactions"][0] + b" " * MAX_BYTES,
    ],
    ids=("empty", "space first", "nested", "no UTF-8", "too long"),
)
def test_anything_unusual_is_left_to_one_by_one(value: bytes) -> None:
    good = FakeRecord(SAMPLES["interactions"][0])
    assert together("interactions", [good, FakeRecord(value)]) is None


def test_profiles_are_read_one_by_one() -> None:
    assert together("profiles", [FakeRecord(b"{}")]) is None
