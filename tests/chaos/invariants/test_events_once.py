"""A record left out, and one covered twice."""

from schemas.journal import Entry, Events
from tests.chaos.invariants.events_once import applied_twice, lost
from tests.chaos.partition import Partition
from tests.chaos.small.histories import at_end
from tests.chaos.small.worker import Record


def ranges_moved(entry: Entry, by: int) -> Entry:
    """The same call, covering a record more or less of the first topic at its start."""
    (events,) = entry.e
    assert isinstance(events, Events)
    (first, until), *others = events.ranges
    return Entry(entry.n, (Events(((first + by, until), *others), events.skipped),))


def with_journal(partition: Partition, moved: int) -> Partition:
    """The last call of the last run covers its records differently."""
    *before, last = partition.end.journal
    return at_end(partition, journal=[*before, ranges_moved(last, moved)])


def test_i1_a_call_that_left_a_record_out_is_found(right: Partition) -> None:
    assert any("I1" in v for v in lost(with_journal(right, 1)))


def test_i1_a_topic_not_read_to_its_end_is_found(right: Partition) -> None:
    right.logs[2].append(Record(0, 0, b"u1", b"{}"))
    found = list(lost(right))
    right.logs[2].clear()
    assert found == ["I1 profiles: Redis is at 0, the topic ends at 1"]


def test_i2_a_record_covered_twice_is_found(right: Partition) -> None:
    assert any("I2" in v for v in applied_twice(with_journal(right, -1)))
