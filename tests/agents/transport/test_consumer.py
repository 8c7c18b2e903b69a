"""Nothing that was fetched may get lost between the client and the hand-out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from faust.types import TP

from agents.transport.consumer import BlockConsumer
from agents.transport.merge import Feed

INTERACTIONS = TP("interactions", 0)
Ends = dict[TP, tuple[int, int | None, int | None]]


@dataclass
class FakeThread:
    """The client's thread: where it stands, and to where it was sent."""

    position: int
    end: int
    sought: list[int] = field(default_factory=list)

    def ends(self, tps: Iterable[TP]) -> Ends:
        """See ConsumerThread."""
        return dict.fromkeys(tps, (self.position, self.end, 1000))

    def seek(self, tp: TP, offset: int) -> None:
        """See ConsumerThread."""
        assert tp == INTERACTIONS
        self.position = offset
        self.sought.append(offset)

    async def call_thread(self, do: Any, *arguments: Any) -> None:
        """See ServiceThread."""
        do(*arguments)


@dataclass
class Arrived:
    """A record."""

    offset: int
    timestamp: int = 0


@dataclass
class FakeApp:
    """What the consumer asks of it."""

    block_topics: tuple[str, ...] = ("interactions",)

    def polled(self, ms: int) -> int:
        """See BlockApp."""
        return ms


class FakeMerge:
    """One topic."""

    def __init__(self, position: int) -> None:
        self.feeds: list[Feed[Arrived]] = [Feed(position)]


@dataclass
class FakeHandout:
    """Who has the partition."""

    merge: FakeMerge


def consumer(thread: FakeThread, position: int) -> tuple[Any, Feed[Arrived]]:
    """A consumer of which only what is between client and hand-out is there."""
    made: Any = object.__new__(BlockConsumer)
    handout = FakeHandout(FakeMerge(position))
    made._thread, made.app, made._handouts = thread, FakeApp(), {0: handout}
    return made, handout.merge.feeds[0]


async def fetch(made: Any, thread: FakeThread, missing: frozenset[int] = frozenset()) -> None:
    """The client takes what is behind its position, and the consumer looks where it stands."""
    records = [Arrived(n) for n in range(thread.position, thread.end) if n not in missing]
    thread.position = thread.end
    await made._offer(INTERACTIONS, records)
    await made._learn_ends([INTERACTIONS])


async def test_records_that_went_to_who_had_the_partition_before_are_fetched_again() -> None:
    """The client is at the end, but nothing came: that alone does not mean markers.

    Seen under rolling rebalances: a fetch that was asked for the owner before took the record.
    """
    thread = FakeThread(position=43, end=43)
    made, feed = consumer(thread, position=42)
    await made._learn_ends([INTERACTIONS])
    assert not feed.ended
    assert thread.sought == [42]
    await fetch(made, thread)
    assert feed.ended
    assert [record.offset for record in feed.records] == [42]
    assert feed.position == 43


async def test_the_same_when_more_comes_behind_them() -> None:
    thread = FakeThread(position=43, end=45)
    made, feed = consumer(thread, position=42)
    await fetch(made, thread)
    assert feed.records == []
    assert not feed.ended
    await fetch(made, thread)
    assert [record.offset for record in feed.records] == [42, 43, 44]
    assert feed.ended


async def test_offsets_that_nobody_has_are_believed_the_second_time() -> None:
    """Transaction markers at the end of the log: else the topic would hold up the others."""
    thread = FakeThread(position=42, end=43)
    made, feed = consumer(thread, position=42)
    await fetch(made, thread, missing=frozenset({42}))
    assert not feed.ended
    await fetch(made, thread, missing=frozenset({42}))
    assert feed.ended
    assert feed.position == 43


async def test_events_that_retention_has_deleted_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """Once, with topic and offsets; a marker of a transaction is none."""
    thread = FakeThread(position=42, end=50)
    made, feed = consumer(thread, position=42)
    deleted = frozenset(range(42, 48))
    await fetch(made, thread, deleted)
    await fetch(made, thread, deleted)
    assert [record.offset for record in feed.records] == [48, 49]
    assert "interactions, partition 0: nobody has the offsets 42 to 47" in caplog.text
    assert caplog.text.count("nobody has") == 1


async def test_a_client_that_was_sought_back_is_not_at_the_end() -> None:
    """What it knows of the end may be old."""
    thread = FakeThread(position=41, end=41)
    made, feed = consumer(thread, position=42)
    await made._learn_ends([INTERACTIONS])
    assert not feed.ended
    assert feed.position == 42
    assert thread.sought == []
