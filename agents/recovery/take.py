"""Taking a partition, step by step: from an assignment to a session whose state is exact.

Runs before the first block of a partition, in a task of its own: heartbeats go on meanwhile.
docs/reliability.md lists every step, by the number it has here, with the test that leaves it out.
"""

import logging
import time
from collections.abc import Callable, Sequence

from agents.applying import replay
from agents.errors import WrongUse
from agents.recovery.adopting import Adopting, is_adoption
from agents.recovery.behind import published_positions, why_behind
from agents.recovery.new_run import NewRun
from agents.recovery.ranges import Ranges
from agents.recovery.rows import Rows
from agents.redis.publisher import Claimed, Publisher
from agents.session import Lost, Session
from agents.transport.changelog import Changelog, Unknown
from agents.transport.sources import Sources
from schemas.decode import Decoder
from schemas.journal import decode_entry
from streams.engine import Engine, LayoutChanged

_PROGRESS_S = 5.0

log = logging.getLogger(__name__)


class Recovery:
    """Makes sessions. `topics`: full names by topic index; `worker`: our name in claim records."""

    def __init__(
        self,
        engine: Engine,
        decoder: Decoder,
        publisher: Publisher,
        changelog: Changelog,
        sources: Sources,
        adopting: Adopting,
        new_run: NewRun,
        topics: Sequence[str],
        worker: str,
        progress: Callable[[int, float], None],
    ) -> None:
        self._progress = progress  # told how much of a partition's changelog is read, 0 to 1
        self._engine, self._decoder, self._publisher = engine, decoder, publisher
        self._changelog, self._sources = changelog, sources
        self._adopting, self._new_run = adopting, new_run
        self._topics, self._worker = topics, worker

    async def take(self, partition: int, wanted: Callable[[], bool]) -> Session:
        """Claims and restores a partition; raises Lost if it is not ours or no longer wanted."""
        # Taking a partition 1: the claim record; its offset is our epoch
        epoch = await self._changelog.claim(partition, self._worker)
        # 2: the epoch in Redis; meta and journal of that very moment
        claimed = await self._publisher.claim(partition, epoch, wanted)
        # 3: the changelog, up to our own claim record
        rows = Rows(self._engine.partition(partition, self._topics), epoch)
        await self._read(partition, rows, wanted)
        session = _session(partition, rows, claimed, len(self._topics), wanted)
        await self._adopting.describe(session, rows.layouts)
        # 4: is Redis behind? Then a new run
        behind = why_behind(rows.checkpoint, claimed, self._topics)
        if behind is None:
            # 5: what was published after the checkpoint is computed again
            await self._replay(session, rows, claimed, wanted)
            if is_adoption(session.state, rows.checkpoint, claimed.journal):
                await self._adopting.publish(session, rows.checkpoint, wanted)
        else:
            log.warning("partition %d: new run, because %s", partition, behind)
            if is_adoption(session.state, rows.checkpoint, ()):
                await self._adopting.keep(session, rows.checkpoint, wanted)
            await self._new_run.write(session, rows, claimed)
        if not wanted():
            raise Lost("revoked while restoring")
        return session  # 6: the caller starts the consumer at session.positions

    async def still_ours(self, session: Session, wanted: Callable[[], bool]) -> bool:
        """Whether a partition kept over a rebalance is exactly as its last done block left it."""
        session.live, session.wanted = True, wanted
        try:
            await self._publisher.check(session)
            if await self._changelog.end(session.partition) == session.changelog_end:
                session.live = wanted()
                return session.live
        except (Lost, Unknown):
            pass
        session.live = False
        return False

    async def _read(self, partition: int, rows: Rows, wanted: Callable[[], bool]) -> None:
        """Taking a partition 3: no end offset is asked for, so none can be raced."""
        begun = told = time.monotonic()
        self._progress(partition, 0.0)
        async for records in self._changelog.read(partition, rows.epoch, wanted):
            rows.add(records)
            share = records[-1].offset / max(1, rows.epoch)
            self._progress(partition, share)
            if time.monotonic() - told > _PROGRESS_S:
                told = time.monotonic()
                log.info("partition %d: %.0f %% of the changelog read", partition, 100 * share)
        if not wanted():
            raise Lost("revoked while restoring")
        try:
            rows.finish()
        except LayoutChanged as reason:
            raise WrongUse(
                f"{self._changelog.topic} was written under another catalogue ({reason}): start "
                "once with that catalogue, then change it; or with a new TAGSTREAM_APP_ID, which "
                "reads all events anew"
            ) from None
        self._progress(partition, 1.0)
        taken = time.monotonic() - begun
        log.info(
            "partition %d: %d users from %d records in %.1f s",
            partition,
            rows.state.users,
            rows.read,
            taken,
        )

    async def _replay(
        self, session: Session, rows: Rows, claimed: Claimed, wanted: Callable[[], bool]
    ) -> None:
        """Taking a partition 5: what was published after the checkpoint is computed again.

        Without publishing. The rows that it changes are dirty: the next checkpoint writes them.
        """
        assert rows.checkpoint is not None
        published = published_positions(claimed, self._topics)
        entries = [e for e in map(decode_entry, claimed.journal) if e.n > rows.checkpoint.calls]
        records = await self._sources.read(
            session.partition, rows.checkpoint.positions, published, wanted
        )
        if not wanted():
            raise Lost("revoked while restoring")
        ranges = Ranges(records)
        for entry in entries:
            for applied in entry.e:
                replay(session.state, applied, ranges.merged, self._decoder)
        session.state.take_counts()  # they were published with the effects
        session.positions = published


def _session(
    partition: int, rows: Rows, claimed: Claimed, topics: int, wanted: Callable[[], bool]
) -> Session:
    """The session as the checkpoint and Redis tell; positions are those of the checkpoint."""
    meta, checkpoint = claimed.meta, rows.checkpoint
    return Session(
        partition=partition,
        state=rows.state,
        epoch=rows.epoch,
        run=meta.get("run", ""),
        server=claimed.server,
        calls=int(meta.get("calls", "0")),
        seq=int(meta.get("seq", "0")),
        alert_seq=int(meta.get("alert_seq", "0")),
        positions=checkpoint.positions if checkpoint else (0,) * topics,
        changelog_end=rows.epoch + 1,
        wanted=wanted,
    )
