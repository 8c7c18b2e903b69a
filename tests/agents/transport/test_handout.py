"""What is handed out of a partition, and when, apart from Kafka and Faust."""

from dataclasses import dataclass

import pytest

from agents.transport.handout import Handout
from agents.transport.merge import Positions

NOW = 1_800_000_000_000


@dataclass
class FakeOwner:
    partition: int = 0
    live: bool = True
    positions: Positions = (0,)
    due: bool = False


@dataclass
class Arrived:
    offset: int
    timestamp: int


def handout(owner: FakeOwner, *stamps: int) -> Handout:
    """A partition of one topic, read to its end, with these records at hand."""
    made = Handout(owner, ("interactions",), (0,))
    (feed,) = made.merge.feeds
    feed.ended, feed.polled_ms = True, NOW
    feed.records = [Arrived(n, stamp) for n, stamp in enumerate(stamps)]
    made.lapsed_at = 1.0  # just now: no lapse is due
    return made


@pytest.mark.parametrize(("age_ms", "sliced"), [(0, True), (9_000, True), (11_000, False)])
def test_only_records_of_the_present_wait_for_no_storm(age_ms: int, sliced: bool) -> None:  # noqa: FBT001 - given by name
    """Behind them, and by event time, the order across users comes first."""
    block = handout(FakeOwner(), NOW - age_ms).block(1.0, wall_clock=True)
    assert block is not None
    assert block.sliced == sliced
    block = handout(FakeOwner(), NOW - age_ms).block(1.0, wall_clock=False)
    assert block is not None
    assert not block.sliced


def test_a_block_follows_the_one_before_it_though_records_between_them_are_deleted() -> None:
    """Retention has begun, or went on: a worker that called this a loss would end for ever."""
    made = handout(FakeOwner(), NOW, NOW)
    (feed,) = made.merge.feeds
    feed.records, feed.position = [Arrived(5, NOW)], 6  # sought the beginning, which is not 0
    first = made.block(1.0, wall_clock=False)
    feed.records, feed.position = [Arrived(9, NOW)], 10
    second = made.block(1.0, wall_clock=False)
    assert first is not None
    assert second is not None
    assert (first.after, first.positions) == ((0,), (6,))
    assert (second.after, second.positions) == ((6,), (10,))
