"""Checkpoints: rows to the changelog, then the checkpoint record, commit, trim - in this order.

They run beside the agents, that of users and that of contents. Only the cut, which falls
between two blocks, holds one up.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from agents.session import Lost
from agents.transport.changelog import Changelog, ForeignWrite, NotWritten, Unknown
from agents.transport.merge import Positions
from schemas.records import Checkpoint, with_epoch

log = logging.getLogger(__name__)

Commit = Callable[[int, Positions], Awaitable[bool]]
"""Tells Kafka our positions of a partition; False if a rebalance has begun."""


class Session(Protocol):
    """What a checkpoint asks of a session."""

    partition: int
    epoch: int
    live: bool
    calls: int
    checkpointed: int
    changelog_end: int
    between_blocks: asyncio.Lock

    def take_rows(self) -> Iterable[tuple[str, bytes | None]]:
        """Rows that the last checkpoint has not, by key; None where one is gone."""
        ...

    def record(self, catalogue: str) -> Checkpoint:
        """What a checkpoint record says of it now."""
        ...


S = TypeVar("S", bound=Session)


@dataclass(frozen=True, slots=True)
class Cut:
    """A partition between two blocks: what a checkpoint makes durable."""

    checkpoint: Checkpoint
    rows: list[tuple[bytes, bytes]]


class Checkpointer(Generic[S]):
    """Makes what is done durable.

    `trim` forgets what the journal says up to a call; None: there is none, or it is kept.
    `observe` is told the seconds each checkpoint took.
    """

    def __init__(
        self,
        changelog: Changelog,
        commit: Commit,
        catalogue: str,
        trim: Callable[[S, int], Awaitable[None]] | None,
        observe: Callable[[float], None],
    ) -> None:
        self._changelog, self._commit, self._catalogue = changelog, commit, catalogue
        self._trim, self._observe = trim, observe
        self._locks: dict[int, asyncio.Lock] = {}

    async def checkpoint(self, session: S) -> None:
        """One checkpoint; raises Lost if the session is over, and then it is not live any more."""
        async with self._locks.setdefault(session.partition, asyncio.Lock()):
            if not session.live or session.checkpointed == session.calls:
                return
            begun = time.monotonic()
            try:
                await self._write(session, await self._cut(session))
            except (Lost, ForeignWrite, NotWritten) as reason:
                session.live = False  # its rows in memory go with it: nobody writes them twice
                raise Lost(str(reason)) from reason
            except BaseException:
                session.live = False  # broken off: the rows of the cut are dirty no more
                raise
            self._observe(time.monotonic() - begun)

    async def watch(self, session: S) -> None:
        """Ends the session if somebody else wrote to its changelog; seen when it is idle, too."""
        async with self._locks.setdefault(session.partition, asyncio.Lock()):  # no write of ours
            try:
                end = await self._changelog.end(session.partition)
            except Unknown:  # Kafka is away: there will be another look
                return
            if session.live and end != session.changelog_end:
                log.warning("partition %d: foreign write in the changelog", session.partition)
                session.live = False

    async def _cut(self, session: S) -> Cut:
        """A checkpoint 1: between two blocks and without an `await`."""
        async with session.between_blocks:
            if not session.live:
                raise Lost("lost before the cut")
            epoch = with_epoch(session.epoch, None)
            rows = [
                (key.encode(), epoch + row if row else epoch) for key, row in session.take_rows()
            ]
            return Cut(session.record(self._catalogue), rows)

    async def _write(self, session: S, cut: Cut) -> None:
        p, log_ = session.partition, self._changelog
        # A checkpoint 2: the rows, all acknowledged
        end = await log_.append(p, cut.rows, session.changelog_end)
        # 3: the checkpoint record
        end = await log_.write_checkpoint(p, session.epoch, cut.checkpoint, end)
        session.changelog_end = end
        session.checkpointed = cut.checkpoint.calls
        # 4: Kafka's committed offsets; refused in a rebalance, for they only inform
        await self._commit(p, cut.checkpoint.positions)
        # 5: the journal, up to the last done block of the cut
        if self._trim is not None:
            await self._trim(session, cut.checkpoint.calls)
