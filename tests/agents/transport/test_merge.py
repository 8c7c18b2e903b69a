from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from agents.transport.merge import Merge


@dataclass
class Stamped:
    """A record of which the merge sees offset and timestamp."""

    offset: int
    timestamp: int


def log_of(stamps: list[int]) -> list[Stamped]:
    return [Stamped(offset, stamp) for offset, stamp in enumerate(stamps)]


def heads_first(logs: list[list[Stamped]]) -> list[tuple[int, int]]:
    """Word by word: of all heads the oldest, ties in topic order."""
    at, order = [0] * len(logs), []
    while heads := [
        (log[i].timestamp, t)
        for t, (log, i) in enumerate(zip(logs, at, strict=True))
        if i < len(log)
    ]:
        _, topic = min(heads)
        order.append((topic, at[topic]))
        at[topic] += 1
    return order


logs = st.lists(st.lists(st.integers(0, 5), max_size=10).map(log_of), min_size=1, max_size=4)


@given(logs, st.data())
def test_however_records_arrive_they_leave_in_the_order_of_their_heads(
    topics: list[list[Stamped]], data: st.DataObject
) -> None:
    """Neither the size of fetches nor that of blocks changes the order."""
    merge: Merge[Stamped] = Merge((0,) * len(topics))
    left: list[tuple[int, int]] = []
    while len(left) < sum(map(len, topics)):
        topic = data.draw(st.integers(0, len(topics) - 1))
        feed, log = merge.feeds[topic], topics[topic]
        fetched = log[feed.position : feed.position + data.draw(st.integers(1, 4))]
        feed.records += fetched
        feed.position += len(fetched)
        for other, its_log in zip(merge.feeds, topics, strict=True):
            other.ended = other.position == len(its_log)
        records, indexes = merge.take(data.draw(st.integers(1, 5)))
        left += [(index, record.offset) for index, record in zip(indexes, records, strict=True)]
    assert left == heads_first(topics)


@given(logs, st.data())
def test_a_stretch_of_the_order_merges_to_itself(
    topics: list[list[Stamped]], data: st.DataObject
) -> None:
    """So a journal entry need only tell the ranges of offsets."""
    order = heads_first(topics)
    first = data.draw(st.integers(0, len(order)))
    last = data.draw(st.integers(first, len(order)))
    stretch = order[first:last]
    merge: Merge[Stamped] = Merge((0,) * len(topics))
    for topic, feed in enumerate(merge.feeds):
        feed.records = [topics[topic][offset] for t, offset in stretch if t == topic]
        feed.ended = True
    records, indexes = merge.take(len(stretch))
    assert [(i, r.offset) for i, r in zip(indexes, records, strict=True)] == stretch


def test_nothing_leaves_while_a_topic_is_silent_and_not_read_to_its_end() -> None:
    """The laggard could still bring something older."""
    merge: Merge[Stamped] = Merge((0, 0))
    merge.feeds[0].records = log_of([1, 2, 3])
    merge.feeds[0].position = 3
    merge.feeds[0].ended = True
    assert merge.take(10) == ([], [])
    merge.feeds[1].ended = True
    assert len(merge.take(10)[0]) == 3
    assert merge.positions == (3, 0)
    assert merge.caught_up
