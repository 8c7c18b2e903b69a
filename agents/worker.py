"""The composition root: settings in, real edges built, one worker run until it is told to stop."""

import asyncio
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from typing import Any

import uvloop

from agents.app import CRASH_STATUS, TagstreamApp, build_app, tagging
from agents.catalogue_file import require_engine
from agents.checkpoint import Checkpointer
from agents.clock import WallClock
from agents.community_bands import keep_bands_told
from agents.contents.job import ContentsJob
from agents.errors import Problem, WrongUse
from agents.health import Health
from agents.kafka_client import client_options, is_embedded
from agents.logs import NEWS, set_up_logs
from agents.metrics import Metrics
from agents.names import Names
from agents.outgoing import Outgoing
from agents.owning import Owning
from agents.probes import Probes
from agents.recovery import Recovery
from agents.redis.connection import connection_options, reaching_redis
from agents.redis.keys import Keys
from agents.redis.link import Away, Link
from agents.redis.links import Links
from agents.redis.memory import memory_of
from agents.redis.publisher import Publisher
from agents.rights.ask import require_rights
from agents.settings import Settings
from agents.stopping import cancel_until_done
from agents.tagger import Tagger
from agents.topics.manage import input_partitions, require_topics
from agents.tracing.traces import UNTRACED, Traces, traces_of
from agents.transport.changelog import Changelog
from agents.transport.merge import Positions
from agents.transport.sources import Sources
from agents.watchdog import Watchdog
from schemas.decode import Decoder
from streams.contents import rules_of
from streams.engine import Engine

FORMAT = "1"  # of what stands in Redis
_TICK_S = 1.0
_LOOK_S = 2.0  # whether Kafka is there
_REDIS_LOOK_S = 10.0  # how full Redis is
_WATCHING = -1  # no partition: the connection that only looks
_END_LOOK_S = 0.1
_STOP_S = 40.0  # to stop in order; longer than it may take to give all partitions up
_STOP_AWAY_S = 5.0  # while a server is away that a stop in order would wait for
_GC_THRESHOLD = 50_000  # state has no cycles, so collecting often finds nothing

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Runs one worker until SIGTERM or Ctrl-C; returns the exit code. Raises Problem."""
    set_up_logs(settings)
    engine = require_engine(settings.catalogue)
    uvloop.install()
    with closing(traces_of(settings, _name(settings), os.environ)) as traces:
        return asyncio.run(_run(settings, engine, traces))


async def _run(settings: Settings, engine: Engine, traces: Traces) -> int:
    embedded = is_embedded()
    if not embedded:
        # first: what we may not see looks like what is not there
        await require_rights(settings, across=bool(rules_of(engine.catalogue)))
    await require_topics(settings, configs=not embedded)
    partitions = await input_partitions(settings)
    worker = Worker(settings, engine, partitions, idempotent=not embedded, traces=traces)
    probes = Probes(settings.metrics, worker.metrics.registry, worker.health)
    watchdog = Watchdog(worker.health)
    probes.start()
    watchdog.start()
    try:
        return await worker.run_until_stopped()
    finally:
        watchdog.stop()
        probes.stop()


class Worker:
    """All parts of one worker. `partitions` is what the input topics have."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        partitions: int,
        *,
        idempotent: bool,
        traces: Traces = UNTRACED,
    ) -> None:
        names, me = Names.of(settings), _name(settings)
        kafka = {**client_options(settings), "client_id": me}
        decoder = Decoder(engine.catalogue.currency)
        self._settings, self._engine, self._partitions = settings, engine, partitions
        self.metrics, self.health = Metrics(), Health()
        self.metrics.describe(engine.catalogue.id)
        options = connection_options(settings)
        self._links = Links(lambda: Link(settings.redis, **options))
        clock = WallClock(self._skewed)
        self._changelog = Changelog(names.changelog, kafka, clock, idempotent=idempotent)
        self._outgoing = Outgoing(names, kafka, idempotent=idempotent)
        publisher = Publisher(
            self._links,
            Keys(settings.prefix),
            names.topics,
            settings.stream_length,
            lambda kind: self._tell_away("redis", kind),
            about(engine, partitions),
        )
        checkpointer = Checkpointer(
            self._changelog,
            publisher,
            self._commit,
            engine.catalogue.id,
            keep_journal=settings.journal_keep,
            observe=self.metrics.checkpoint.observe,
        )
        self._contents = None
        if rules_of(engine.catalogue):
            self._contents = ContentsJob(
                settings,
                engine.catalogue,
                partitions,
                me,
                clock,
                self.health.beside("contents"),
                idempotent=idempotent,
            )
        sources = Sources(names.topics, kafka)
        recovery = Recovery(
            engine,
            decoder,
            publisher,
            self._changelog,
            sources,
            checkpointer,
            names.topics,
            me,
            self._tell_progress,
        )
        self._owning = Owning(
            recovery,
            checkpointer,
            publisher,
            self._changelog,
            self.health,
            self.metrics,
            self._take_again,
        )
        tagger = Tagger(
            decoder,
            publisher,
            self._outgoing,
            self.metrics,
            partitions,
            settings.dlq_max_ratio,
            self._owning.lost,
            self._contents.ask if self._contents else None,
            traces,
        )
        self.app = build_app(settings, tagging(settings, names), partitions, tagger.process, me)
        self.app.taking, self.app.on_give_up = self._owning, self._owning.give_up
        self.app.polled = clock.polled

    async def run_until_stopped(self) -> int:
        """Connects, runs until a signal or a crash, closes; returns the exit code."""
        try:
            await self._describe()
            await self._outgoing.start()
            return await self._live()
        finally:
            await self._close()
            await self._links.close()

    async def _live(self) -> int:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        gc.set_threshold(_GC_THRESHOLD, 20, 50)
        gc.freeze()
        self.app.in_worker = True
        tasks = [
            loop.create_task(self._owning.keep(self._settings.checkpoint_s), name="checkpoints"),
            loop.create_task(self._observe(), name="observe"),
            loop.create_task(self._watch_kafka(), name="kafka"),
            loop.create_task(self._watch_redis(), name="redis"),
            loop.create_task(self._run_app(), name="faust"),
            *self._further_tasks(loop),
            loop.create_task(self.app._crashed.wait(), name="crash"),  # noqa: SLF001 - Faust's own
            loop.create_task(stop.wait(), name="signal"),
        ]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        crashed = next((app.crash_reason for app in self._apps() if app.crash_reason), None)
        failure = crashed or next((e for t in done if (e := t.exception())), None)
        log.info("stopping")
        await self._stop(tasks, failure)
        return _exit_code(failure)

    async def _stop(
        self, tasks: Sequence[asyncio.Task[Any]], failure: BaseException | None
    ) -> None:
        """Stops in order; if that takes too long, as a crash would, for which we are made."""
        stopping, begun = asyncio.create_task(self._stop_in_order(tasks)), time.monotonic()
        while not stopping.done():
            away = self.health.why_away()
            if time.monotonic() - begun > (_STOP_AWAY_S if away else _STOP_S):
                log.warning(
                    "stopped without waiting for the end of everything: %s. Nothing is lost: "
                    "whoever takes the partitions next goes on from what was published",
                    away or "it took too long",
                )
                logging.shutdown()
                os._exit(0 if away and failure is None else CRASH_STATUS)
            await asyncio.wait({stopping}, timeout=_END_LOOK_S)
        await stopping

    async def _stop_in_order(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        await self.app.stop()
        if self._contents is not None:
            await self._contents.stop()
        await cancel_until_done(tasks)
        await self._close()

    async def _close(self) -> None:
        await self._outgoing.stop()
        await self._changelog.stop()
        if self._contents is not None:
            await self._contents.close()

    async def _run_app(self) -> None:
        await self.app.start()
        await asyncio.Event().wait()  # `start` returns at once; the app lives on

    def _apps(self) -> Iterable[TagstreamApp]:
        yield self.app
        if self._contents is not None:
            yield self._contents.app

    def _further_tasks(self, loop: asyncio.AbstractEventLoop) -> Iterable[asyncio.Task[Any]]:
        """Those that only some catalogues need."""
        if self._contents is not None:
            for duty in self._contents.duties():
                yield loop.create_task(duty, name="contents")
        if self._engine.program.counts is not None:
            telling = keep_bands_told(
                self._settings, self.metrics, lambda: 0 in self._owning.sessions
            )
            yield loop.create_task(telling, name="communities")

    async def _observe(self) -> None:
        """Every second: the main loop is alive, and this is how far behind the log we are."""
        while True:
            self.health.tick()
            lag = [item for app in self._apps() for item in app.block_consumer.lag().items()]
            self.metrics.show_lag({(tp.topic, tp.partition): records for tp, records in lag})
            self.metrics.show_partitions(self._owning.sessions, self._owning.partitions)
            await asyncio.sleep(_TICK_S)

    async def _watch_kafka(self) -> None:
        """Says once that Kafka is away, and once that it is back."""
        while True:
            self._tell_away("kafka", await self._outgoing.why_away())
            await asyncio.sleep(_LOOK_S)

    async def _watch_redis(self) -> None:
        """Asks how full Redis is, on a connection of its own: nobody waits for the answer."""
        link = self._links.of(_WATCHING)
        while True:
            with suppress(Away):
                used, limit = memory_of(await link.command("INFO", "memory"))
                self.metrics.redis_memory.set(used)
                self.metrics.redis_limit.set(limit)
            await asyncio.sleep(_REDIS_LOOK_S)

    async def _describe(self) -> None:
        """Tells readers what stands in this Redis; raises WrongUse if it is something else."""
        key, link = Keys(self._settings.prefix).meta, self._links.of(0)
        fields = about(self._engine, self._partitions)
        ours = {name: fields[name] for name in ("partitions", "format")}
        with reaching_redis(self._settings):
            try:
                held = await link.command("HMGET", key, *ours)
                for (name, here), there in zip(ours.items(), held, strict=True):
                    if there is not None and there.decode() != here:
                        raise WrongUse(_other_deployment(key, name, there.decode(), here))
                pairs = [part for pair in fields.items() for part in pair]
                await link.command("HSET", key, *pairs)
            except Away as away:
                raise away.cause from None

    def _tell_away(self, server: str, why: str | None) -> None:
        """Told each time that a server does not answer, and when it does again (None)."""
        if why is not None and server == "redis":
            self.metrics.redis_errors.labels(why).inc()
        if self.health.away(server, why):
            self.metrics.away.labels(server).set(why is not None)
            log.warning(
                "%s is %s",
                server.capitalize(),
                f"away ({why}): waiting" if why else "back",
                extra=NEWS,
            )

    def _tell_progress(self, partition: int, share: float) -> None:
        self.metrics.recovery_progress.labels(str(partition)).set(share)

    def _skewed(self, skew_ms: int | None) -> None:
        self.metrics.clock_skew.set((skew_ms or 0) / 1000)
        if skew_ms is None:
            log.warning("the host's clock is right again: partitions follow it", extra=NEWS)
        else:
            self.metrics.clock_faults.inc()
            log.error(
                "the host's clock is %+.1f s off the broker's, or jumped so far: partitions do "
                "not follow it, and nothing expires early. Mend the clock of host or broker",
                skew_ms / 1000,
                extra=NEWS,
            )

    async def _commit(self, partition: int, positions: Positions) -> bool:
        return await self.app.block_consumer.commit_positions(partition, positions)

    def _take_again(self, partition: int) -> None:
        self.app.owner_lost(partition)


def about(engine: Engine, partitions: int) -> dict[str, str]:
    """What every reader must know of a deployment."""
    return {"partitions": str(partitions), "format": FORMAT, "catalogue": engine.catalogue.id}


def _exit_code(failure: BaseException | None) -> int:
    if isinstance(failure, Problem):
        raise failure
    if failure is not None:
        log.error("worker crashed: %s", failure, exc_info=failure)
        return CRASH_STATUS
    return 0


def _other_deployment(key: str, name: str, there: str, here: str) -> str:
    return (
        f"Redis key {key} says {name}={there}, but here it is {here}: another deployment uses "
        "this prefix (TAGSTREAM_PREFIX), or the topics were made anew"
    )


def _name(settings: Settings) -> str:
    """Our name in claim records and at the broker."""
    return settings.instance_id or f"{socket.gethostname()}-{os.getpid()}"
