"""Merges the topics of one partition into one sequence, oldest record first.

A record is handed out only when each other topic has one at hand or is read to its end; then
the older record timestamp goes first, ties in topic order. Always the *heads* of
the topics are compared, so the order of any stretch depends on that stretch alone: a replay
of the same ranges of offsets merges them the same way.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Generic, Protocol, TypeVar

Positions = tuple[int, ...]
"""Next offset of each topic, by topic index."""


class Record(Protocol):
    """What the merge needs of a Kafka record."""

    offset: int
    timestamp: int


R = TypeVar("R", bound=Record)


@dataclass(slots=True)
class Feed(Generic[R]):
    """Records of one topic that were fetched and not handed out yet."""

    position: int  # next offset to fetch
    records: list[R] = field(default_factory=list)
    ended: bool = False  # read to the end of the log, as far as the last fetch told
    polled_ms: int = 0  # wall clock of the last fetch response
    hole: int | None = None  # first offset seen beyond the one expected
    _stamps: list[int] = field(default_factory=list)  # of the first records, read once

    def keys(self, limit: int) -> list[int]:
        """Non-decreasing sort keys of the first `limit` records.

        A record older than its predecessor goes out right behind it, for the predecessor
        was the oldest head: so its key is the highest timestamp up to it.
        """
        known = self._stamps
        if len(known) < limit:
            known += [record.timestamp for record in self.records[len(known) : limit]]
        stamps = known[:limit]
        if stamps == sorted(stamps):  # as nearly always: quicker than looking at each pair
            return stamps
        return list(accumulate(stamps, max))

    def drop(self, number: int) -> None:
        """The first records are handed out."""
        del self.records[:number]
        del self._stamps[:number]

    @property
    def handed(self) -> int:
        """Next offset to hand out."""
        return self.records[0].offset if self.records else self.position


class Merge(Generic[R]):
    """The topics of one partition: records are offered as they come and taken in order."""

    def __init__(self, positions: Positions) -> None:
        self.feeds: list[Feed[R]] = [Feed(position) for position in positions]

    @property
    def positions(self) -> Positions:
        """Next offset to hand out, by topic."""
        return tuple(feed.handed for feed in self.feeds)

    @property
    def caught_up(self) -> bool:
        """Whether everything that was known at the last fetches has been handed out."""
        return all(feed.ended and not feed.records for feed in self.feeds)

    def take(self, limit: int) -> tuple[list[R], list[int]]:
        """At most `limit` records in merge order, and the topic index of each."""
        if any(not feed.records and not feed.ended for feed in self.feeds):
            return [], []
        keys = [feed.keys(limit) for feed in self.feeds]
        bounds = [
            (keys[i][-1], i)
            for i, feed in enumerate(self.feeds)
            if keys[i] and not _over(feed, keys[i])
        ]
        cuts = [_cut(i, keys[i], bounds) for i in range(len(self.feeds))]
        return self._hand_out(keys, cuts, limit)

    def _hand_out(
        self, keys: list[list[int]], cuts: list[int], limit: int
    ) -> tuple[list[R], list[int]]:
        taking = [i for i, cut in enumerate(cuts) if cut]
        records = [r for i in taking for r in self.feeds[i].records[: cuts[i]]]
        topics = [i for i in taking for _ in range(cuts[i])]
        if len(taking) > 1:
            merged = [key for i in taking for key in keys[i][: cuts[i]]]
            order = sorted(range(len(merged)), key=merged.__getitem__)[:limit]
            records = [records[n] for n in order]
            topics = [topics[n] for n in order]
        for i in taking:
            self.feeds[i].drop(topics.count(i))
        return records, topics


def _over(feed: Feed[R], keys: Sequence[int]) -> bool:
    """Whether nothing unknown can follow the records with these keys."""
    return feed.ended and len(keys) == len(feed.records)


def _cut(topic: int, keys: Sequence[int], bounds: Sequence[tuple[int, int]]) -> int:
    """How many records of a topic surely go before what other topics have not shown yet."""
    others = [bound for bound in bounds if bound[1] != topic]
    if not others:
        return len(keys)
    key, other = min(others)
    return bisect_right(keys, key) if topic < other else bisect_left(keys, key)
