"""A partition of contents in our hands; see `agents.session` for that of users."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from agents.transport.merge import Positions
from schemas.records import Checkpoint
from streams.contents import Contents


@dataclass(slots=True, eq=False)
class ContentsSession:
    """One owned partition; `live` until it is lost or given up. `calls` counts the done blocks."""

    partition: int
    state: Contents
    epoch: int  # offset of our claim record
    positions: Positions  # next offset, after the last done block
    changelog_end: int  # as we know it: one foreign write and we stop
    wanted: Callable[[], bool]
    durable: int = 0  # position of the last checkpoint: nothing before comes again
    live: bool = True
    calls: int = 0
    checkpointed: int = 0
    between_blocks: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def due(self) -> bool:
        """Nothing here goes by the clock alone."""
        return False

    def take_rows(self) -> list[tuple[str, bytes | None]]:
        """Rows that the last checkpoint has not, by key; None where one is gone."""
        self.state.forget_rows(self.durable)
        (self.durable,) = self.positions  # by the next time; a checkpoint that fails ends us
        return self.state.take_dirty()

    def record(self, catalogue: str) -> Checkpoint:
        """What a checkpoint record says of it now; it has no run, and goes by no wall clock."""
        return Checkpoint(
            positions=self.positions,
            run="",
            calls=self.calls,
            seq=0,
            alert_seq=0,
            clock=self.state.clock,
            ticked=-1,
            origins=dict(self.state.origins),
            catalogue=catalogue,
        )

    def worth_waiting(self) -> bool:
        """Whether to wait on for a server that is away."""
        return self.live and self.wanted()
