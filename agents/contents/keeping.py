"""Taking a partition of contents, and its checkpoints: as for users, without Redis.

There is one topic and no clock but the records', so the order needs no journal: what was applied
after the last checkpoint record is simply read again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from agents.contents.session import ContentsSession
from agents.recovery.rows import Records
from agents.session import Lost
from agents.transport.changelog import Changelog, ForeignWrite, NotWritten, Unknown
from agents.transport.merge import Positions
from schemas.records import Checkpoint, with_epoch
from streams.contents import Contents, Rule

Commit = Callable[[int, Positions], Awaitable[bool]]


class Taking:
    """Makes sessions. `worker`: our name in claim records."""

    def __init__(self, rules: Mapping[str, Rule], changelog: Changelog, worker: str) -> None:
        self._rules, self._changelog, self._worker = rules, changelog, worker

    async def take(self, partition: int, wanted: Callable[[], bool]) -> ContentsSession:
        """Claims and restores a partition; raises Lost if it is no longer wanted."""
        # Taking a partition 1: the claim record; its offset is our epoch. 3: the changelog up to it
        epoch = await self._changelog.claim(partition, self._worker)
        state = Contents(self._rules)
        records = Records(state.load, epoch)
        async for some in self._changelog.read(partition, epoch, wanted):
            records.add(some)
        if not wanted():
            raise Lost("revoked while restoring")
        state.loaded()
        for key in records.refused:
            state.mark_dirty(key.decode())
        position = 0
        if records.checkpoint is not None:
            state.clock = records.checkpoint.clock
            state.origins.update(records.checkpoint.origins)
            (position,) = records.checkpoint.positions
        return ContentsSession(partition, state, epoch, (position,), epoch + 1, wanted, position)

    async def still_ours(self, session: ContentsSession, wanted: Callable[[], bool]) -> bool:
        """Whether a partition kept over a rebalance is exactly as its last checkpoint left it."""
        try:
            unchanged = await self._changelog.end(session.partition) == session.changelog_end
        except Unknown:
            unchanged = False
        session.wanted, session.live = wanted, unchanged and wanted()
        return session.live


class Keeping:
    """Checkpoints: rows to the changelog, then the checkpoint record, then the commit."""

    def __init__(self, changelog: Changelog, commit: Commit, catalogue: str) -> None:
        self._changelog, self._commit, self._catalogue = changelog, commit, catalogue
        self._locks: dict[int, asyncio.Lock] = {}

    async def checkpoint(self, session: ContentsSession) -> None:
        """One checkpoint; raises Lost if the session is over, and then it is not live any more."""
        async with self._locks.setdefault(session.partition, asyncio.Lock()):
            if not session.live or session.checkpointed == session.calls:
                return
            try:
                await self._write(session)
            except (Lost, ForeignWrite, NotWritten) as reason:
                session.live = False
                raise Lost(str(reason)) from reason
            except BaseException:
                session.live = False  # broken off: the rows of the cut are dirty no more
                raise

    async def watch(self, session: ContentsSession) -> None:
        """Ends the session if somebody else wrote to its changelog."""
        async with self._locks.setdefault(session.partition, asyncio.Lock()):
            try:
                end = await self._changelog.end(session.partition)
            except Unknown:  # Kafka is away: there will be another look
                return
            session.live = session.live and end == session.changelog_end

    async def _write(self, session: ContentsSession) -> None:
        async with session.between_blocks:  # the cut: between two blocks, without an await
            if not session.live:
                raise Lost("lost before the cut")
            session.state.forget_rows(session.durable)
            rows = [
                (key.encode(), with_epoch(session.epoch, row))
                for key, row in session.state.take_dirty()
            ]
            record, calls = self._record(session), session.calls
        p, log = session.partition, self._changelog
        end = await log.append(p, rows, session.changelog_end)
        session.changelog_end = await log.write_checkpoint(p, session.epoch, record, end)
        session.checkpointed, (session.durable,) = calls, record.positions
        await self._commit(p, record.positions)

    def _record(self, session: ContentsSession) -> Checkpoint:
        state = session.state
        return Checkpoint(
            positions=session.positions,
            run="",
            calls=session.calls,
            seq=0,
            alert_seq=0,
            clock=state.clock,
            ticked=-1,
            origins=dict(state.origins),
            catalogue=self._catalogue,
        )


class NoFence:
    """Where nothing is published there is nothing to check; a stale owner repeats what is known."""

    async def check(self, session: ContentsSession) -> None:
        """Never raises."""

    async def interrupt(self) -> None:
        """Nobody waits."""
