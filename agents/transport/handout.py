"""One partition that is being handed out: what its next block is, and when time passes for it."""

from collections.abc import Iterable
from typing import Any

from faust.types import TP

from agents.transport.block import Block, Owner
from agents.transport.merge import Merge, Positions

MAX_RECORDS = 2_000  # of a block: bounds latency, and the pause of a rebalance
LAPSE_S = 0.25  # longest time without a block for a partition that is caught up
_BEHIND_WALL_MS = 1_000  # what is on its way then still comes in time
_PRESENT_MS = 10_000  # records so fresh wait for no storm; behind them, order comes first


class Handout:
    """A partition that is being handed out: its owner, its topics, its last lapse."""

    def __init__(self, owner: Owner, topics: tuple[str, ...], positions: Positions) -> None:
        self.owner = owner
        self.tps = tuple(TP(topic, owner.partition) for topic in topics)
        self.merge: Merge[Any] = Merge(positions)
        self.lapsed_at = 0.0
        self._handed = positions  # by blocks; offsets that nobody has are part of the next one

    def hungry(self) -> Iterable[TP]:
        """Topics of which less than a block is at hand."""
        return (
            tp
            for tp, feed in zip(self.tps, self.merge.feeds, strict=True)
            if len(feed.records) < MAX_RECORDS
        )

    def block(self, now: float, *, wall_clock: bool) -> Block[Owner] | None:
        """The next block; a lapse if there are no records and one is due; else None."""
        records, topics = self.merge.take(MAX_RECORDS)
        tick = self._tick(now) if wall_clock and self._may_tick(now) else None
        if not records and tick is None:
            return None
        sliced = wall_clock and bool(records) and self._is_present(records[-1].timestamp)
        after, self._handed = self._handed, self.merge.positions
        return Block(self.owner, after, self._handed, records, topics, tick, sliced)

    def _is_present(self, arrived: int) -> bool:
        """Whether a record came only now; not by `caught_up`, which a busy worker rarely is."""
        polled = min(feed.polled_ms for feed in self.merge.feeds)
        return 0 < polled <= arrived + _PRESENT_MS

    def _may_tick(self, now: float) -> bool:
        return self.merge.caught_up and now - self.lapsed_at >= LAPSE_S

    def _tick(self, now: float) -> int:
        """A second before the last moment at which all topics were known to be read."""
        self.lapsed_at = now
        return min(feed.polled_ms for feed in self.merge.feeds) - _BEHIND_WALL_MS
