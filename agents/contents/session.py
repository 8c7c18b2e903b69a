"""A partition of contents in our hands; see `agents.session` for that of users."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from agents.transport.merge import Positions
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
    durable: int = 0  # position of the last checkpoint record: nothing before comes again
    live: bool = True
    calls: int = 0
    checkpointed: int = 0
    between_blocks: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def due(self) -> bool:
        """Nothing here goes by the clock alone."""
        return False

    def worth_waiting(self) -> bool:
        """Whether to wait on for a server that is away."""
        return self.live and self.wanted()
