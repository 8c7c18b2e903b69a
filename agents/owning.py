"""All partitions that this worker has: taking them, checkpointing them, giving them up."""

import asyncio
import logging
import time
from collections.abc import Callable

from agents.checkpoint import Checkpointer, watch_end
from agents.health import Health
from agents.metrics import Metrics
from agents.recovery import Recovery
from agents.redis.publisher import Publisher
from agents.session import Lost, Session
from agents.transport.changelog import Changelog, NotWritten
from agents.transport.sources import Deleted

log = logging.getLogger(__name__)

_CHECK_S = 5.0  # an owner with nothing to publish looks whether Redis is as it left it
_WATCH_S = 60.0  # and whether somebody else wrote to its changelog


class Owning:
    """The sessions of this worker, by partition. `again` asks for one to be taken again."""

    def __init__(
        self,
        recovery: Recovery,
        checkpointer: Checkpointer,
        publisher: Publisher,
        changelog: Changelog,
        health: Health,
        metrics: Metrics,
        again: Callable[[int], None],
    ) -> None:
        self._recovery, self._checkpointer = recovery, checkpointer
        self._publisher, self._changelog = publisher, changelog
        self._health, self._metrics, self._again = health, metrics, again
        self.sessions: dict[int, Session] = {}
        self._kept: dict[int, Session] = {}  # given up cleanly: may be ours again at once

    # -- taking

    def assigned(self, partitions: frozenset[int]) -> None:
        """Told of every assignment: sessions of other partitions are forgotten."""
        log.info("assigned partitions: %s", ", ".join(map(str, sorted(partitions))) or "none")
        self._kept = {p: s for p, s in self._kept.items() if p in partitions}
        self._health.recovering(len(partitions))

    async def take(self, partition: int, wanted: Callable[[], bool]) -> Session | None:
        """A session for the partition; None if it could not be taken now."""
        kept = self._kept.pop(partition, None)
        if kept is not None and await self._recovery.still_ours(kept):
            self.sessions[partition] = kept
            return kept
        try:
            session = await self._recovery.take(partition, wanted)
        except Lost as reason:
            self._metrics.fenced.inc()
            log.warning("partition %d cannot be taken: %s", partition, reason)
            return None
        except NotWritten as reason:
            log.warning("partition %d cannot be taken: %s", partition, reason)
            await self._changelog.stop()
            return None
        except Deleted as reason:
            log.error("partition %d cannot be restored: %s", partition, reason)  # noqa: TRY400 - the message says it all
            return None
        self.sessions[partition] = session
        return session

    def ready(self, seconds: float) -> None:
        """All assigned partitions are ours and handed out."""
        self._metrics.recovery.set(seconds)
        self._health.ready()
        log.info("ready: %d partitions in %.2f s", len(self.sessions), seconds)

    # -- keeping

    def lost(self, session: Session, reason: Exception) -> None:
        """A session is over: its partition is taken again, if it is still assigned to us."""
        if self.sessions.get(session.partition) is not session:
            return
        self._metrics.fenced.inc()
        log.warning("partition %d: session over: %s", session.partition, reason)
        del self.sessions[session.partition]
        self._again(session.partition)

    async def keep(self, interval_s: float) -> None:
        """Checkpoints all partitions for ever, each once an interval, taking turns."""
        checked = watched = time.monotonic()
        while True:
            begun = time.monotonic()
            for session in list(self.sessions.values()):
                await self._keep_one(session)
                await asyncio.sleep(interval_s / max(1, 2 * len(self.sessions)))
            if time.monotonic() - checked > _CHECK_S:
                checked = time.monotonic()
                await self._check_idle()
            if time.monotonic() - watched > _WATCH_S:
                watched = time.monotonic()
                await watch_end(self._changelog, self.sessions)
            await asyncio.sleep(max(0.01, interval_s - (time.monotonic() - begun)))

    async def _keep_one(self, session: Session) -> None:
        try:
            await self._checkpointer.checkpoint(session)
        except Lost as reason:
            if isinstance(reason.__cause__, NotWritten):
                await self._changelog.stop()
            self.lost(session, reason)
        else:
            if not session.live:
                self.lost(session, Lost("not live any more"))

    async def _check_idle(self) -> None:
        for session in list(self.sessions.values()):
            if session.between_blocks.locked():
                continue  # not idle: its calls are checked by themselves
            async with session.between_blocks:
                try:
                    if session.live:
                        await self._publisher.check(session)
                except Lost:
                    session.live = False
            if not session.live:
                self.lost(session, Lost("Redis is not as we left it"))

    # -- giving up

    async def give_up(self) -> None:
        """Checkpoint every partition a last time: a calm rebalance repeats nothing."""
        sessions, self.sessions = self.sessions, {}
        results = await asyncio.gather(
            *(self._checkpointer.checkpoint(s) for s in sessions.values()), return_exceptions=True
        )
        for session, result in zip(sessions.values(), results, strict=True):
            clean = session.live and result is None
            session.live = False
            if clean:
                self._kept[session.partition] = session
            elif result is not None:
                log.warning(
                    "partition %d given up without a checkpoint: %s", session.partition, result
                )
        if sessions:
            self._health.recovering(0)
