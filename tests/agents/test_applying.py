import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import applying
from agents.applying import Applying, Reject, replay
from agents.decoding import origin_of
from agents.recovery.ranges import Ranges
from agents.transport.merge import Merge
from schemas.decode import Decoder
from schemas.journal import Tick
from schemas.murmur2 import partition_of
from schemas.rejects import Rejected
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.engine import Engine, Partition

CATALOGUE = """
catalogue: small
version: 1
currency: CNY
timezone: Asia/Shanghai
measures:
  likes_10s: {count: [like], window: 10s, step: 1s}
  paid_10s: {sum: amount, of: [payment], window: 10s, step: 2s}
tags:
  activity:
    dimension: behaviour
    hold: 2s
    values: {hot: likes_10s >= 3, warm: likes_10s >= 1, cold: else}
  payer: {dimension: behaviour, when: paid_10s >= 20}
"""
ENGINE = Engine(load(CATALOGUE, "small.yaml"))
START = 1_700_000_000_000
USERS = ("u1", "u2", "u3")
ONE_PARTITION = 1


@dataclass
class FakeRecord:
    """A Kafka record as the client hands it out."""

    offset: int
    timestamp: int
    value: bytes
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = field(default=())


Fetched = tuple[list[tuple[int, FakeRecord]], int | None, bool]
"""A block: records with their topic index, how far the clock may go afterwards, and whether the
partition is caught up, so that slices are allowed."""


def record(topic: int, offset: int, user: str, after_ms: int, *, good: bool = True) -> FakeRecord:
    """An event of one of the two topics, or a broken one."""
    event: dict[str, Any] = {"id": f"{topic}-{offset}", "source": "app", "user_id": user}
    event |= {"type": "payment", "amount": 12} if topic else {"type": "like"}
    event["time"] = START + after_ms if good else "never"
    return FakeRecord(offset, START + after_ms, json.dumps(event).encode())


@st.composite
def histories(draw: st.DrawFn) -> list[Fetched]:
    """Some blocks in a row."""
    clock, offsets, blocks = 0, [0, 0], []
    for _ in range(draw(st.integers(1, 6))):
        records = []
        for _ in range(draw(st.integers(0, 6))):
            clock += draw(st.integers(0, 3_000))
            topic, user = draw(st.integers(0, 1)), draw(st.sampled_from(USERS))
            late, good = draw(st.integers(0, 4_000)), draw(st.integers(0, 5)) > 0
            records.append(
                (topic, record(topic, offsets[topic], user, max(0, clock - late), good=good))
            )
            offsets[topic] += 1
        tick = draw(st.none() | st.integers(0, 8_000))
        sliced = draw(st.booleans())
        blocks.append((records, None if tick is None else START + clock + tick, sliced))
    return blocks


def merged(fetched: list[tuple[int, FakeRecord]]) -> list[tuple[int, FakeRecord]]:
    """In the order that the transport hands them out."""
    merge: Merge[FakeRecord] = Merge((0, 0))
    for topic, feed in enumerate(merge.feeds):
        feed.records, feed.ended = [one for t, one in fetched if t == topic], True
    records, topics = merge.take(len(fetched))
    return list(zip(topics, records, strict=True))


def state() -> Partition:
    return ENGINE.partition(0, TOPICS)


@given(histories())
@settings(deadline=None)
def test_the_journal_of_any_history_computes_it_again(
    blocks: list[Fetched],
) -> None:
    """Rows and clock after a replay are those that were published, however calls were cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applying, "MAX_CHANGES", 2)
        patch.setattr(applying, "SLICE_USERS", 1)
        live, again = state(), state()
        positions = (0,) * len(TOPICS)
        everything: list[list[FakeRecord]] = [[], [], [], [], []]
        calls = []
        for fetched, tick, sliced in blocks:
            records = merged(fetched)
            work = Applying(live, 0, ONE_PARTITION, Decoder("CNY"), positions, sliced=sliced)
            work.records([r for _, r in records], [t for t, _ in records])
            if tick is not None:
                work.tick(tick)
            work.slice()
            after = list(positions)
            for topic, one in records:
                after[topic] = one.offset + 1
                everything[topic].append(one)
            positions = tuple(after)
            calls += work.finish(positions).calls
    ranges = Ranges(everything)
    for call in calls:
        for entry in call.entries:
            replay(again, entry, ranges.merged, Decoder("CNY"))
    assert calls == [] or calls[-1].positions == positions
    assert (again.clock, again.ticked) == (live.clock, live.ticked)
    assert dict(again.take_dirty()) == dict(live.take_dirty())


def test_a_broken_record_is_set_aside_with_its_reason_and_passed() -> None:
    work = Applying(state(), 0, ONE_PARTITION, Decoder("CNY"), (0,) * 5)
    work.records([record(0, 0, "u1", 0, good=False), record(0, 1, "u1", 5)], [0, 0])
    applied = work.finish((2, 0, 0, 0, 0))
    (reject,) = applied.rejects
    assert isinstance(reject, Reject)
    assert reject.fault.reason == "bad_field"
    assert applied.outcomes == {("interactions", "rejected"): 1, ("interactions", "applied"): 1}
    assert applied.calls[-1].positions == (2, 0, 0, 0, 0)


def test_a_stranger_is_sent_to_the_partition_of_the_user() -> None:
    home = partition_of("u1", 4)
    here = (home + 1) % 4
    work = Applying(ENGINE.partition(here, TOPICS), here, 4, Decoder("CNY"), (0,) * 5)
    work.records([record(0, 0, "u1", 0)], [0])
    applied = work.finish((1, 0, 0, 0, 0))
    assert [f.partition for f in applied.forwards] == [home]
    assert applied.outcomes == {("interactions", "forwarded"): 1}


def test_what_was_sent_on_twice_counts_once() -> None:
    """The worker died between sending on and publishing, and sent it again."""
    work = Applying(state(), 0, ONE_PARTITION, Decoder("CNY"), (0,) * 5)
    sent = [record(0, 7, "u1", 0), record(0, 7, "u1", 0)]
    for offset, one in enumerate(sent):
        one.offset, one.headers = offset, (("tagstream.origin", b"interactions:2:7"),)
    work.records(sent, [3, 3])
    applied = work.finish((0, 0, 0, 2, 0))
    assert applied.outcomes == {("repartition", "applied"): 1, ("repartition", "duplicate"): 1}


def test_a_block_without_effects_is_a_call_too() -> None:
    """A call is published always; else the journal would not cover what moved the clock."""
    work = Applying(state(), 0, ONE_PARTITION, Decoder("CNY"), (0,) * 5)
    work.tick(START)
    (call,) = work.finish((0,) * 5).calls
    assert (call.changes, call.clock) == ([], START)


@pytest.mark.parametrize("origin", [b"", b"nowhere:1:2", b"interactions:1:x"])
def test_a_forwarded_record_without_a_true_origin_is_refused(origin: bytes) -> None:
    one = FakeRecord(0, 0, b"{}", headers=(("tagstream.origin", origin),))
    with pytest.raises(Rejected):
        origin_of(one)


def test_an_event_does_not_wait_for_a_storm() -> None:
    """Where slices are allowed it comes after one call of expiries; the others follow it."""
    crowd = [f"s{number}" for number in range(5)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applying, "MAX_CHANGES", 2)
        patch.setattr(applying, "SLICE_USERS", 2)
        live = state()
        work = Applying(live, 0, ONE_PARTITION, Decoder("CNY"), (0,) * 5)
        work.records([record(0, n, user, 0) for n, user in enumerate(crowd)], [0] * 5)
        work.finish((5, 0, 0, 0, 0))
        storm = Applying(live, 0, ONE_PARTITION, Decoder("CNY"), (5, 0, 0, 0, 0), sliced=True)
        storm.records([record(0, 5, "u1", 11_000), record(0, 6, "s4", 11_001)], [0, 0])
        storm.slice()
        calls = storm.finish((7, 0, 0, 0, 0)).calls
        assert [[(c.user_id, c.new) for c in call.changes] for call in calls] == [
            [("s0", "cold"), ("s1", "cold")],
            [("u1", "warm"), ("s4", "cold"), ("s4", "warm")],
            [("s2", "cold"), ("s3", "cold")],
        ]
        ticks = [e.to - START for call in calls for e in call.entries if isinstance(e, Tick)]
        assert ticks == [10_999, 11_000]  # before each event of the storm, as a replay needs them
        assert [c.time - START for call in calls for c in call.changes] == [
            *(10_000, 10_000),
            *(11_000, 10_000, 11_001),
            *(10_000, 10_000),
        ]
    assert not live.due


def test_where_slices_are_not_allowed_an_event_waits_for_all_deadlines_before_it() -> None:
    """In a partition that lags or goes by event time."""
    live = state()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applying, "MAX_CHANGES", 2)
        work = Applying(live, 0, ONE_PARTITION, Decoder("CNY"), (0,) * 5)
        crowd = [record(0, n, f"s{n}", 0) for n in range(5)]
        work.records([*crowd, record(0, 5, "u1", 11_000)], [0] * 6)
        calls = work.finish((6, 0, 0, 0, 0)).calls
    users = [c.user_id for call in calls for c in call.changes]
    assert users == [*(f"s{n}" for n in range(5)), *(f"s{n}" for n in range(5)), "u1"]
