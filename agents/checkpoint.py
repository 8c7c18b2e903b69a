"""Checkpoints: rows to the changelog, then the checkpoint record, commit, trim - in this order.

They run beside the agent. Only the cut, which falls between two blocks, holds it up.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agents.redis.publisher import Publisher
from agents.session import Lost, Session
from agents.transport.changelog import Changelog, ForeignWrite, NotWritten, Unknown
from agents.transport.merge import Positions
from schemas.records import Checkpoint, with_epoch

log = logging.getLogger(__name__)

Commit = Callable[[int, Positions], Awaitable[bool]]
"""Tells Kafka our positions of a partition; False if a rebalance has begun."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A partition between two blocks: what a checkpoint makes durable."""

    checkpoint: Checkpoint
    rows: list[tuple[bytes, bytes]]


class Checkpointer:
    """Makes what is done durable. `observe` is told the seconds each checkpoint took."""

    def __init__(
        self,
        changelog: Changelog,
        publisher: Publisher,
        commit: Commit,
        catalogue: str,
        *,
        keep_journal: bool,
        observe: Callable[[float], None],
    ) -> None:
        self._changelog, self._publisher, self._commit = changelog, publisher, commit
        self._catalogue, self._keep_journal, self._observe = catalogue, keep_journal, observe
        self._locks: dict[int, asyncio.Lock] = {}

    async def checkpoint(self, session: Session) -> None:
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

    async def watch(self, session: Session) -> None:
        """Ends the session if somebody else wrote to its changelog; seen when it is idle, too."""
        async with self._locks.setdefault(session.partition, asyncio.Lock()):  # no write of ours
            try:
                end = await self._changelog.end(session.partition)
            except Unknown:  # Kafka is away: there will be another look
                return
            if session.live and end != session.changelog_end:
                log.warning("partition %d: foreign write in the changelog", session.partition)
                session.live = False

    async def _cut(self, session: Session) -> Cut:
        """A checkpoint 1: between two blocks and without an `await`."""
        async with session.between_blocks:
            if not session.live:
                raise Lost("lost before the cut")
            epoch = with_epoch(session.epoch, None)
            rows = [
                (user.encode(), epoch + row if row else epoch)
                for user, row in session.state.take_dirty()
            ]
            return Cut(self._record(session), rows)

    def _record(self, session: Session) -> Checkpoint:
        return Checkpoint(
            positions=session.positions,
            run=session.run,
            calls=session.calls,
            seq=session.seq,
            alert_seq=session.alert_seq,
            clock=session.state.clock,
            ticked=session.state.ticked,
            origins=dict(session.state.origins),
            catalogue=self._catalogue,
            layout=session.state.layout,
            counted_since=dict(session.state.predecessors.counted_since),
        )

    async def _write(self, session: Session, cut: Cut) -> None:
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
        if not self._keep_journal:
            await self._publisher.trim(session, cut.checkpoint.calls)
