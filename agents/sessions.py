"""All partitions that this worker has: taking them, checkpointing them, giving them up."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from copy import copy
from typing import Generic, Protocol, TypeVar

from agents.health import Health
from agents.metrics import Metrics
from agents.said import Said
from agents.session import Lost
from agents.stopping import cancel_until_done
from agents.transport.changelog import Changelog, NotWritten
from agents.transport.sources import Deleted

log = logging.getLogger(__name__)

_CHECK_S = 5.0  # an owner with nothing to publish looks whether Redis is as it left it
_WATCH_S = 60.0  # and whether somebody else wrote to its changelog
_LOOK_S = 0.1
_PATIENCE_S = 20.0  # for blocks in hand and last checkpoints; far below the rebalance timeout
_PATIENCE_AWAY_S = 1.0  # while a server is away: they would wait for it


class Owned(Protocol):
    """What is asked of a session here."""

    partition: int
    live: bool
    between_blocks: asyncio.Lock


S = TypeVar("S", bound=Owned)
S_contra = TypeVar("S_contra", bound=Owned, contravariant=True)


class Takes(Protocol[S]):
    """Makes sessions: `Recovery` those of users."""

    async def take(self, partition: int, wanted: Callable[[], bool]) -> S:
        """Claims and restores a partition; raises Lost, NotWritten, Deleted."""
        ...

    async def still_ours(self, session: S, wanted: Callable[[], bool]) -> bool:
        """Whether a session that was given up cleanly may go on."""
        ...


class Checkpoints(Protocol[S_contra]):
    """Makes durable what is done: `Checkpointer`."""

    async def checkpoint(self, session: S_contra) -> None:
        """One checkpoint; raises Lost."""
        ...

    async def watch(self, session: S_contra) -> None:
        """Ends the session if somebody else wrote to its changelog."""
        ...


class Fence(Protocol[S_contra]):
    """Where effects go, and how one notices that they are refused: `Publisher`."""

    async def check(self, session: S_contra) -> None:
        """Raises Lost if it is not as we left it."""
        ...

    async def interrupt(self) -> None:
        """Whoever waits for an answer is told at once that there is none."""
        ...


class Sessions(Generic[S]):
    """The sessions of this worker, by partition. `again` asks for one to be taken again."""

    def __init__(
        self,
        recovery: Takes[S],
        checkpointer: Checkpoints[S],
        publisher: Fence[S],
        changelog: Changelog,
        health: Health,
        metrics: Metrics,
        again: Callable[[int], None],
    ) -> None:
        self._recovery, self._checkpointer = recovery, checkpointer
        self._publisher, self._changelog = publisher, changelog
        self._health, self._metrics, self._again = health, metrics, again
        self.held: dict[int, S] = {}
        self._kept: dict[int, S] = {}  # given up cleanly: may be ours again at once
        self._assigned: frozenset[int] = frozenset()
        self._under_way: dict[int, asyncio.Task[None]] = {}  # checkpoints, by partition
        self._hurrying: asyncio.Task[None] | None = None
        self._said = Said()

    @property
    def partitions(self) -> frozenset[int]:
        """All partitions that are assigned to us, handed out or not."""
        return self._assigned

    # -- taking

    def assigned(self, partitions: frozenset[int]) -> None:
        """Told of every assignment: sessions of other partitions are forgotten."""
        log.info("assigned partitions: %s", ", ".join(map(str, sorted(partitions))) or "none")
        if self._hurrying is not None:  # nothing had to be given up
            self._hurrying.cancel()
            self._hurrying = None
        self._kept = {p: s for p, s in self._kept.items() if p in partitions}
        self._assigned = partitions
        self._tell()

    async def take(self, partition: int, wanted: Callable[[], bool]) -> S | None:
        """A session for the partition; None if it could not be taken now."""
        kept = self._kept.pop(partition, None)
        if kept is not None:
            if await self._recovery.still_ours(kept, wanted):
                return self._own(kept)
            self._metrics.fenced.inc()  # somebody had it meanwhile
        try:
            return self._own(await self._recovery.take(partition, wanted))
        except Lost as reason:
            self._metrics.fenced.inc()
            self._say_not_taken(partition, reason)
        except (NotWritten, Deleted) as reason:
            self._say_not_taken(partition, reason)
        return None

    def ready(self, seconds: float) -> None:
        """All assigned partitions are ours and handed out."""
        self._metrics.recovery.set(seconds)
        log.info("ready: %d partitions in %.2f s", len(self.held), seconds)

    def _own(self, session: S) -> S:
        self.held[session.partition] = session
        self._said.forget(session.partition)
        self._tell()
        return session

    def _say_not_taken(self, partition: int, reason: Exception) -> None:
        if self._said.is_new(partition, type(reason).__name__):
            log.warning("partition %d cannot be taken, trying on: %s", partition, reason)

    def _tell(self) -> None:
        self._health.recovering(len(self._assigned - self.held.keys()))

    # -- keeping

    def lost(self, session: S, reason: Exception) -> None:
        """A session is over: its partition is taken again, if it is still assigned to us.

        One that was given up meanwhile was refused all the same: it counts.
        """
        self._metrics.fenced.inc()
        log.warning("partition %d: session over: %s", session.partition, reason)
        if self.held.get(session.partition) is not session:
            return
        del self.held[session.partition]
        self._tell()
        if session.partition in self._assigned:
            self._again(session.partition)

    async def keep(self, interval_s: float) -> None:
        """Keeps all partitions for ever: none waits for what another one waits for."""
        duties = (
            self._keep_checkpointed(interval_s),
            self._keep_checked(),
            self._keep_watched(),
        )
        tasks = [asyncio.create_task(duty) for duty in duties]
        try:
            await asyncio.gather(*tasks)
        finally:
            await cancel_until_done([*tasks, *self._under_way.values()])

    async def _keep_checkpointed(self, interval_s: float) -> None:
        """Each partition once an interval, taking turns; one that is stuck misses its turn."""
        while True:
            begun = _now()
            for session in list(self.held.values()):
                self._raise_faults()
                self._begin_checkpoint(session)
                await asyncio.sleep(interval_s / max(1, 2 * len(self.held)))
            await asyncio.sleep(max(0.01, interval_s - (_now() - begun)))

    def _begin_checkpoint(self, session: S) -> None:
        if session.partition not in self._under_way:
            keeping = asyncio.create_task(self._keep_one(session))
            self._under_way[session.partition] = keeping

    def _raise_faults(self) -> None:
        """Forgets checkpoints that are done; what one raised is a fault of ours: it goes on."""
        for partition, keeping in list(self._under_way.items()):
            if keeping.done():
                del self._under_way[partition]
                keeping.result()

    async def _keep_one(self, session: S) -> None:
        try:
            await self._checkpointer.checkpoint(session)
        except Lost as reason:
            self.lost(session, reason)
        else:
            if not session.live and self.held.get(session.partition) is session:
                self.lost(session, Lost("not live any more"))

    async def _keep_checked(self) -> None:
        """An owner with nothing to publish checks epoch, run, calls and server."""
        while True:
            await asyncio.sleep(_CHECK_S)
            for session in list(self.held.values()):
                if not session.between_blocks.locked():  # else its calls are checked by themselves
                    await self._check(session)

    async def _check(self, session: S) -> None:
        async with session.between_blocks:
            try:
                if session.live:
                    await self._publisher.check(session)
            except Lost:
                session.live = False
        if not session.live:
            self.lost(session, Lost("Redis is not as we left it"))

    async def _keep_watched(self) -> None:
        """An owner looks at the changelog's end, idle too."""
        while True:
            await asyncio.sleep(_WATCH_S)
            for session in list(self.held.values()):
                await self._checkpointer.watch(session)

    # -- giving up

    def revoked(self) -> None:
        """A rebalance or the stop begins: blocks in hand are waited for, but not without end."""
        self._health.recovering(None)
        self._assigned = frozenset()
        if self.held and self._hurrying is None:
            self._hurrying = asyncio.create_task(self._hurry())

    async def _hurry(self) -> None:
        """Ends all sessions where they stand if blocks or checkpoints take too long.

        As a crash would: nothing is lost, the next owner restores and goes on.
        """
        begun = _now()
        while _now() - begun < self._patience_s():  # noqa: ASYNC110 - it gets shorter
            await asyncio.sleep(_LOOK_S)
        sessions, self.held = self.held, {}
        for session in sessions.values():
            log.warning(
                "partition %d given up as it stands: %s",
                session.partition,
                self._health.why_away() or "its last block took too long",
            )
            session.live = False
        await self._publisher.interrupt()

    def _patience_s(self) -> float:
        return _PATIENCE_AWAY_S if self._health.why_away() else _PATIENCE_S

    async def give_up(self) -> None:
        """Checkpoint every partition a last time: a calm rebalance repeats nothing."""
        sessions, self.held = self.held, {}
        last = {
            asyncio.create_task(self._checkpointer.checkpoint(session)): session
            for session in sessions.values()
        }
        await self._wait_patiently(last)
        for task, session in last.items():
            failed = "not written in time" if task.cancelled() else task.exception()
            if session.live and failed is None and not session.between_blocks.locked():
                # a new object: blocks of the old one that are still on their way stay ignored
                kept = self._kept[session.partition] = copy(session)
                kept.live = False
            elif failed is not None:
                self._metrics.fenced.inc(isinstance(failed, Lost))
                log.warning(
                    "partition %d given up without a checkpoint: %s", session.partition, failed
                )
            session.live = False
        await self._calm_down()

    async def _wait_patiently(self, last: Iterable[asyncio.Task[None]]) -> None:
        begun, pending = _now(), set(last)
        while pending and _now() - begun < self._patience_s():
            _, pending = await asyncio.wait(pending, timeout=_LOOK_S)
        await cancel_until_done(pending)

    async def _calm_down(self) -> None:
        if self._hurrying is not None:
            hurrying, self._hurrying = self._hurrying, None
            await cancel_until_done([hurrying])


def _now() -> float:
    """Seconds by the clock that our waits go by; tests let it run faster."""
    return asyncio.get_running_loop().time()
