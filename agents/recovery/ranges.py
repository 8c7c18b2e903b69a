"""The records of a replay, entry by entry as the journal tells what was applied."""

from collections.abc import Sequence
from typing import Any

from agents.transport.merge import Merge
from schemas.journal import Events


class Ranges:
    """Records read for a replay, handed out by the ranges of journal entries."""

    def __init__(self, records: Sequence[Sequence[Any]]) -> None:
        self._records = records
        self._next = [0] * len(records)

    def merged(self, events: Events) -> tuple[list[Any], list[int]]:
        """The records of an entry in merge order, and the topic index of each."""
        merge: Merge[Any] = Merge(tuple(until for _, until in events.ranges))
        for index, (_, until) in enumerate(events.ranges):
            feed, found = merge.feeds[index], self._records[index]
            first = at = self._next[index]
            while at < len(found) and found[at].offset < until:
                at += 1
            feed.records, feed.ended, self._next[index] = list(found[first:at]), True, at
        return merge.take(sum(len(feed.records) for feed in merge.feeds))
