"""The composition root: settings in, real edges built, one worker run until it is told to stop."""

import asyncio
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import closing
from typing import Any

import uvloop

from agents.announcing import announce
from agents.app import CRASH_STATUS, leave
from agents.catalogue_file import require_engine
from agents.clock import WallClock
from agents.contents.job import ContentsJob
from agents.errors import Problem
from agents.kafka_client import is_embedded
from agents.logs import set_up_logs
from agents.probes import Probes
from agents.redis.links import links_of
from agents.rights.ask import require_rights
from agents.settings import Settings
from agents.setup import Setup
from agents.stopping import cancel_until_done
from agents.tagging import TaggingJob
from agents.topics.manage import input_partitions, require_topics
from agents.tracing.traces import UNTRACED, Traces, traces_of
from agents.watchdog import Watchdog
from agents.watching import Watch
from streams.contents import rules_of
from streams.engine import Engine

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
    worker = Worker(Setup.of(settings, engine, partitions, _name(settings)), traces)
    probes = Probes(settings.metrics, worker.watch.metrics.registry, worker.watch.health)
    watchdog = Watchdog(worker.watch.health)
    probes.start()
    watchdog.start()
    try:
        return await worker.run_until_stopped()
    finally:
        watchdog.stop()
        probes.stop()


class Worker:
    """All parts of one worker, and how they start and stop together."""

    def __init__(self, setup: Setup, traces: Traces = UNTRACED) -> None:
        self._setup, self.watch = setup, Watch()
        self.watch.metrics.describe(setup.engine.catalogue.id)
        self._links, clock = links_of(setup.settings), WallClock(self.watch.skewed)
        contents = None
        if rules_of(setup.engine.catalogue):
            contents = ContentsJob(setup, clock, self.watch.health.beside("contents"))
        ask = contents.ask if contents else None
        self._tagging = TaggingJob(setup, self._links, clock, self.watch, ask, traces)
        self._jobs: list[TaggingJob | ContentsJob] = [self._tagging]
        self._jobs += [contents] if contents else []
        self.apps = [job.app for job in self._jobs]

    async def run_until_stopped(self) -> int:
        """Connects, runs until a signal or a crash, closes; returns the exit code."""
        try:
            await announce(self._setup, self._links.of(0))
            await self._tagging.outgoing.start()
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
        tasks = [loop.create_task(duty) for duty in (*self._duties(), stop.wait())]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        crashed = next((app.crash_reason for app in self.apps if app.crash_reason), None)
        failure = crashed or next((e for t in done if (e := t.exception())), None)
        log.info("stopping")
        await self._stop(tasks, failure)
        return _exit_code(failure)

    def _duties(self) -> Iterable[Coroutine[Any, Any, object]]:
        """What goes on as long as the worker lives: the first to end ends it."""
        yield self.watch.keep_shown(self.apps, self._tagging.sessions)
        yield self.watch.watch_kafka(self._tagging.outgoing)
        yield self.watch.watch_redis(self._links.of(_WATCHING))
        for job in self._jobs:
            yield job.app.live()
            yield job.app.until_crashed()
            yield from job.duties()

    async def _stop(
        self, tasks: Sequence[asyncio.Task[Any]], failure: BaseException | None
    ) -> None:
        """Stops in order; if that takes too long, as a crash would, for which we are made."""
        stopping, begun = asyncio.create_task(self._stop_in_order(tasks)), time.monotonic()
        while not stopping.done():
            away = self.watch.health.why_away()
            if time.monotonic() - begun > (_STOP_AWAY_S if away else _STOP_S):
                log.warning(
                    "stopped without waiting for the end of everything: %s. Nothing is lost: "
                    "whoever takes the partitions next goes on from what was published",
                    away or "it took too long",
                )
                if failure is not None:
                    leave(failure)
                logging.shutdown()
                os._exit(0 if away else CRASH_STATUS)
            await asyncio.wait({stopping}, timeout=_END_LOOK_S)
        await stopping

    async def _stop_in_order(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        for app in self.apps:
            await app.stop()
        await cancel_until_done(tasks)
        await self._close()

    async def _close(self) -> None:
        for job in self._jobs:
            await job.close()


def _exit_code(failure: BaseException | None) -> int:
    if isinstance(failure, Problem):
        raise failure
    if failure is not None:
        log.error("worker crashed: %s", failure, exc_info=failure)
        return CRASH_STATUS
    return 0


def _name(settings: Settings) -> str:
    """Our name in claim records and at the broker."""
    return settings.instance_id or f"{socket.gethostname()}-{os.getpid()}"
