"""Taking a partition of contents: as for users, without Redis.

There is one topic and no clock but the records', so the order needs no journal: what was applied
after the last checkpoint record is simply read again.
"""

from collections.abc import Callable, Mapping

from agents.contents.session import ContentsSession
from agents.recovery.rows import Records
from agents.session import Lost
from agents.transport.changelog import Changelog, Unknown
from streams.contents import Contents, Rule


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


class NoFence:
    """Where nothing is published there is nothing to check; a stale owner repeats what is known."""

    async def check(self, session: ContentsSession) -> None:
        """Never raises."""

    async def interrupt(self) -> None:
        """Nobody waits."""
