"""A partition in our hands: its state, and the numbers that fence and place every effect.

From the restore until the partition is lost or given up. The transport calls it the owner.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from agents.transport.merge import Positions
from schemas.alerts import Alert
from schemas.changes import TagChange
from schemas.journal import Applied
from schemas.records import Checkpoint
from streams.communities import Counts
from streams.engine import Partition

RECENT = 10_000  # events that the share of rejected ones is taken of


class Recent:
    """How many of a partition's last `RECENT` events were rejected; counted by blocks."""

    def __init__(self) -> None:
        self._blocks: deque[tuple[int, int]] = deque()
        self._events = self.rejected = 0

    def add(self, events: int, rejected: int) -> None:
        """A block of so many events, of which so many were rejected."""
        self._blocks.append((events, rejected))
        self._events += events
        self.rejected += rejected
        while self._events - self._blocks[0][0] >= RECENT:
            old, old_rejected = self._blocks.popleft()
            self._events -= old
            self.rejected -= old_rejected


class Lost(Exception):  # noqa: N818 - named by what it says: the partition is no longer ours
    """Somebody else has the partition, or Redis is not as we left it: restore again."""


@dataclass(slots=True)
class Call:
    """What goes to Redis at once: changes, alerts, counts, and all that says how far we are."""

    entries: list[Applied]
    changes: list[TagChange]
    alerts: list[Alert]
    positions: Positions
    clock: int
    counts: Counts = field(default_factory=dict)  # by how much those of communities differ


def _always() -> bool:
    return True


@dataclass(slots=True, eq=False)
class Session:
    """One owned partition; `live` until it is lost or given up."""

    partition: int
    state: Partition
    epoch: int  # offset of our claim record
    run: str  # random id of the history that Redis shows
    server: str  # run id of the Redis server that we were restored from
    calls: int  # number of the last call
    seq: int  # of the last change
    alert_seq: int
    positions: Positions  # next offsets, by topic index, after the last done block
    changelog_end: int  # as we know it: one foreign write and we stop
    step: int = 0  # the next one of the run being written
    live: bool = True
    wanted: Callable[[], bool] = _always  # whether the assignment stands: asked when a server waits
    checkpointed: int = -1  # the last call that a checkpoint covers
    between_blocks: asyncio.Lock = field(default_factory=asyncio.Lock)
    recent: Recent = field(default_factory=Recent)

    def worth_waiting(self) -> bool:
        """Whether to wait on for a server that is away: not once a rebalance or a stop began."""
        return self.live and self.wanted()

    @property
    def due(self) -> bool:
        """Whether deadlines that a tick made due still wait for their slice."""
        return self.state.due

    def take_rows(self) -> list[tuple[str, bytes | None]]:
        """Rows that the last checkpoint has not, by user; None where one is gone."""
        return self.state.take_dirty()

    def record(self, catalogue: str) -> Checkpoint:
        """What a checkpoint record says of it now."""
        return Checkpoint(
            positions=self.positions,
            run=self.run,
            calls=self.calls,
            seq=self.seq,
            alert_seq=self.alert_seq,
            clock=self.state.clock,
            ticked=self.state.ticked,
            origins=dict(self.state.origins),
            catalogue=catalogue,
            layout=self.state.layout,
            counted_since=dict(self.state.predecessors.counted_since),
        )
