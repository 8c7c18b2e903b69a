"""What our worker has to publish: the offline engine on the same events, in the one right order.

All input is there before the worker starts and the clock goes by events alone, so
there is one order only: of the topics' heads the one with the older record timestamp. It needs
no journal: the same answer holds for every run, and for its every byte.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import xxhash

from benchmarks.jobs import Input
from benchmarks.loading import PARTITIONS, partition_of
from schemas.changes import TagChange, encode_change
from schemas.decode import Decoder
from schemas.topics import TOPICS
from streams.engine import Effects, Engine, Partition

Tags = dict[str, dict[str, Any]]
"""A user's hash: tag -> value, since, seq."""


@dataclass(slots=True)
class Expected:
    """What stands in Redis when a partition is done."""

    digests: list[int] = field(default_factory=list)  # of each change, seq 1 first
    tags: dict[str, Tags] = field(default_factory=dict)  # users who have a tag

    def take(self, change: TagChange) -> None:
        """One more change: number it, remember its digest, fold it into the hashes."""
        change.seq = len(self.digests) + 1
        self.digests.append(digest(encode_change(change)))
        assert change.tag is not None, "the job erases nobody"
        tags = self.tags.setdefault(change.user_id, {})
        if change.new is None:
            del tags[change.tag]
        else:
            tags[change.tag] = {"value": change.new, "since": change.time, "seq": change.seq}


def digest(change: bytes) -> int:
    """Return 64 bits of a change's content: not of its bytes, whose order of keys is nobody's."""
    return xxhash.xxh3_64_intdigest(
        msgspec.json.encode(msgspec.json.decode(change), order="sorted")
    )


def expected(
    engine: Engine, topics: Sequence[str], input_: Iterable[Input], fed: Sequence[str]
) -> list[Expected]:
    """Compute all partitions; `topics` are full names by topic index, `fed` have events."""
    partitions = [_Partition(engine, number, topics, fed) for number in range(PARTITIONS)]
    for event in input_:
        partitions[partition_of(event.key)].add(event)
    return [partition.finish() for partition in partitions]


class _Partition:
    """One partition: its topics, merged as a worker has to merge them."""

    def __init__(
        self, engine: Engine, number: int, topics: Sequence[str], fed: Sequence[str]
    ) -> None:
        self._state: Partition = engine.partition(number, topics)
        self._decoder = Decoder(engine.catalogue.currency)
        indices = [TOPICS.index(topic) for topic in fed]
        self._heads: dict[int, deque[Input]] = {topic: deque() for topic in indices}
        self._offsets = dict.fromkeys(indices, 0)
        self._effects, self._expected = Effects(), Expected()

    def add(self, event: Input) -> None:
        """One more record at the end of its topic."""
        self._heads[TOPICS.index(event.topic)].append(event)
        while all(self._heads.values()):
            self._apply_oldest()

    def finish(self) -> Expected:
        """The topics end here."""
        while any(self._heads.values()):
            self._apply_oldest()
        return self._expected

    def _apply_oldest(self) -> None:
        _, topic = min((heads[0].time, topic) for topic, heads in self._heads.items() if heads)
        event = self._heads[topic].popleft()
        offset = self._offsets[topic]
        self._offsets[topic] = offset + 1
        decoded = self._decoder.decode(TOPICS[topic], event.ours, (), event.time)
        self._state.apply(topic, offset, decoded, event.time, self._effects)
        for change in self._effects.changes:
            self._expected.take(change)
        self._effects.changes.clear()
