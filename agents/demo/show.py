"""The demo from its first line to its last: servers, a worker, traffic, what came of it."""

import asyncio
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from agents.commands.why import times_in
from agents.demo.child import Child, ServerFailed, tail
from agents.demo.embedded import embedded
from agents.demo.figures import Figures, read_figures
from agents.demo.screen import Screen, latency
from agents.demo.world import environment, move_in, page, page_process, worker_process
from agents.kafka_client import producer
from agents.names import Names
from agents.redis.client import TagClient
from agents.send.batches import Batches
from agents.settings import Settings
from agents.simulate.live import play
from agents.simulate.plan import Plan
from agents.simulate.traffic import Traffic
from agents.stopping import cancel_until_done
from agents.topics.manage import ensure_topics

_DRAIN_S = 10.0
_NO_PAGE = 'no live page: pip install "tagstream[web]"'
_BROKEN = 0.001  # so that dead letters are seen, too


@dataclass(frozen=True, slots=True)
class Wish:
    """How much to show; `seconds` None: until Ctrl-C."""

    users: int
    rate: float
    seconds: float | None
    seed: int


def show(wish: Wish, screen: Screen) -> None:
    """Run the demo. Raises Problem if it cannot; ends cleanly on Ctrl-C."""
    began = time.monotonic()
    with embedded() as servers:
        move_in(environment(servers))
        settings = Settings.load()
        screen.say(f"Kafka-compatible broker at {servers.kafka}, Redis at {servers.redis}")
        ensured = asyncio.run(ensure_topics(settings, configs=False))
        screen.say(f"{len(ensured.created)} topics created; starting a worker ...")
        with (
            worker_process(servers.folder, settings.metrics) as worker,
            page_process(servers.folder, settings.http) as address,
        ):
            screen.say(f"live page at {address}" if address else _NO_PAGE)
            screen.say(f"worker ready after {time.monotonic() - began:.1f} s; traffic begins")
            performance = Performance(wish, settings, worker, screen)
            asyncio.run(performance.run())
        screen.say("worker stopped cleanly")
        asyncio.run(_summary(performance, settings, screen))
    screen.say("broker and Redis ended, nothing is left behind")


class Performance:
    """The traffic while it runs, and what is seen of it."""

    def __init__(self, wish: Wish, settings: Settings, worker: Child, screen: Screen) -> None:
        self._wish, self._settings = wish, settings
        self._worker, self._screen = worker, screen
        self._stop = asyncio.Event()
        self._watching = list[asyncio.Task[None]]()
        self._began = time.monotonic()
        self._first_tag = False
        self.sent = 0
        self.figures = Figures()
        self.alerted: str | None = None  # the user of the last alert

    async def run(self) -> None:
        """Play the traffic until its end, a signal or a fault; then wait for what is under way."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        self._watching = [loop.create_task(self._watch()), loop.create_task(self._follow())]
        try:
            await self._play()
            await self._drain()
        finally:
            await cancel_until_done(self._watching)
        for task in self._watching:
            if not task.cancelled():
                task.result()  # raises what ended it

    async def _play(self) -> None:
        wish = self._wish
        start = int(time.time() * 1000)
        plan = Plan(start, wish.users, wish.rate, wish.seconds, wish.seed, broken=_BROKEN)
        async with producer(self._settings) as kafka:
            sent = await play(
                Traffic(plan),
                Batches(kafka, self._settings.partitions),
                Names.of(self._settings),
                start=start,
                speed=1.0,
                clock=time.monotonic,
                watch=self._goes_on,
            )
        self.sent = sent.total()

    def _goes_on(self, sent: Counter[str]) -> bool:
        self.sent = sent.total()
        whole = self._worker.running and not any(task.done() for task in self._watching)
        return whole and not self._stop.is_set()

    async def _watch(self) -> None:
        """A line of progress each second."""
        while True:
            await asyncio.sleep(1.0)
            await self._look()

    async def _look(self) -> None:
        before = self.figures
        with suppress(OSError):  # the worker is starting to end, or has: `_goes_on` sees to it
            text = await asyncio.to_thread(page, self._settings.metrics, "metrics")
            self.figures = read_figures(text)
        seconds = time.monotonic() - self._began
        if self.figures.changes and not self._first_tag:
            self._first_tag = True
            self._screen.say(f"first tags within {seconds:.1f} s of the first event")
        self._screen.progress(seconds, self.figures, self.figures.since(before), 1.0)

    async def _follow(self) -> None:
        """Each alert as a dashboard would get it."""
        async with TagClient.of(self._settings) as client:
            async for received in client.alerts("start"):
                self.alerted = received.value.user_id
                self._screen.alert(received.value)

    async def _drain(self) -> None:
        """Wait until the worker is through with all that was sent, so that the totals agree."""
        if not self._worker.running:
            raise ServerFailed(f"the worker ended; its last words:\n{tail(self._worker.log)}")
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                # The worker is another process: it can only be asked.
                while self.figures.handled < self.sent:  # noqa: ASYNC110 - see above
                    await asyncio.sleep(0.2)


async def _summary(performance: Performance, settings: Settings, screen: Screen) -> None:
    """What was done, and one user read back with reasons."""
    done = performance.figures
    rejected = done.outcomes.get("rejected", 0)
    screen.say()
    screen.say(
        f"{performance.sent:,} events sent, {done.handled:,} handled ({rejected:,} rejected into "
        f"dead letters): {done.changes:,} tag changes, {done.alerts:,} alerts; "
        f"visible in Redis after {latency(done)}"
    )
    async with TagClient.of(settings) as client:
        user = performance.alerted or await _anybody(client)
        if user is not None:
            tags, why = await client.tags(user) or {}, await client.why(user) or {}
            screen.user(user, tags, why, times_in(settings.catalogue))


async def _anybody(client: TagClient) -> str | None:
    """The user of some change; None if there was none."""
    with suppress(TimeoutError):
        async with asyncio.timeout(2.0):
            async for received in client.changes("start"):
                return received.value.user_id
    return None
