"""The slow, obvious way to what a partition has to publish."""

import heapq
from collections.abc import Iterable, Sequence

from benchmarks.events import JobEvent
from benchmarks.jobs import TAG_JOB
from benchmarks.loading import partition_of
from schemas.changes import TagChange, encode_change
from schemas.decode import Decoder
from schemas.topics import TOPICS
from streams.engine import Effects


def changes_of(partition: int, topics: Sequence[str], input_: Iterable[JobEvent]) -> list[bytes]:
    """All changes of a partition as JSON, its two topics merged head by head as a whole."""
    mine = [event for event in input_ if partition_of(event.key) == partition]
    logs = [_log(mine, topic) for topic in (0, 1)]
    state, effects, decoder = (
        TAG_JOB.engine().partition(partition, topics),
        Effects(),
        Decoder("CNY"),
    )
    # `merge` pops the smallest head, whether or not what follows is in order.
    for time, topic, offset, event in heapq.merge(*logs, key=lambda head: head[:2]):
        decoded = decoder.decode(TOPICS[topic], event.ours, (), time)
        state.apply(topic, offset, decoded, time, effects)
    return [_numbered(change, seq) for seq, change in enumerate(effects.changes, 1)]


def _log(mine: Sequence[JobEvent], topic: int) -> list[tuple[int, int, int, JobEvent]]:
    events = [event for event in mine if event.topic == TOPICS[topic]]
    return [(event.time, topic, offset, event) for offset, event in enumerate(events)]


def _numbered(change: TagChange, seq: int) -> bytes:
    change.seq = seq
    return encode_change(change)
