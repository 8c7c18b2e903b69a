"""Our worker on the tag job: started as a user would, input all there, watched from outside.

The span begins at the last look at which nothing was applied yet and ends when Kafka has the
committed offsets of all input: then rows are in the changelog, and a crash repeats nothing.
Redis is asked how far it is, not the worker: what a look costs, the worker does not pay.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from redis import Redis

from agents.demo.child import ServerFailed, tail
from agents.names import Names
from benchmarks.expected import Expected, expected
from benchmarks.figures import Run
from benchmarks.jobs import TAG_JOB, Input, Job
from benchmarks.loading import KEPT, Record, create_topics, ends, fill
from benchmarks.meter import Reading, read_all
from benchmarks.place import Place, forget_topics, place, prepare
from benchmarks.plan import OURS, WORKERS
from benchmarks.servers import Servers
from benchmarks.verify import changes, faults
from schemas.topics import INPUT_TOPICS
from tests.servers.worker import Worker

EVENT_TIME = {"clock": "event"}  # the input is of 2025: by the wall clock all of it has expired
_START_LOOK_S, _LOOK_S, _END_LOOK_S = 0.02, 0.1, 0.02
_STALLED_S = 120.0


async def write_input(servers: Servers, prefix: str, input_: Iterable[Input]) -> int:
    """Create our input topics and fill them, event times as record timestamps."""
    await create_topics(servers.kafka, {prefix + topic: KEPT for topic in INPUT_TOPICS})
    return await fill(servers.kafka, records(prefix, input_))


def records(prefix: str, input_: Iterable[Input]) -> Iterator[Record]:
    """Return the events as our records."""
    for event in input_:
        yield Record(prefix + event.topic, event.key, event.ours, event.time)


class Ours:
    """Measures runs on one input, written before under `prefix`; with so many workers."""

    def __init__(
        self,
        servers: Servers,
        prefix: str,
        right: Sequence[Expected],
        name: str = OURS,
        job: Job = TAG_JOB,
    ) -> None:
        self._servers, self._prefix, self._right = servers, prefix, right
        self._name, self._workers, self._job = name, WORKERS[name], job

    def run(self) -> Run:
        """One run from nothing: a new app id, new topics of its own, new keys."""
        settings = {**EVENT_TIME, "catalogue": str(self._job.catalogue)}
        with place(self._servers, self._prefix, **settings) as here:
            return asyncio.run(self._measure(here))

    async def _measure(self, here: Place) -> Run:
        await prepare(here)
        workers = [here.worker(f"{self._name}-{n}") for n in range(self._workers)]
        for worker in workers:
            worker.launch()
        try:
            span = await until_durable(here, *workers)
            log = await ends(here.settings.kafka, [here.names.changelog])
        finally:
            for worker in workers:
                worker.stop()
        found = faults(here, self._right)
        published = changes(here)
        await forget_topics(here)
        return Run(
            contestant=self._name,
            events=span.events,
            cpu_s=span.cpu_s,
            wall_s=span.wall_s,
            rss_mb=span.last.rss_mb,
            outputs=published,
            changelog_records=sum(log.values()),
            faults=found,
        )


def right_answer(prefix: str, input_: Iterable[Input], job: Job = TAG_JOB) -> list[Expected]:
    """Return what each run has to publish: the same for all, since their inputs are the same."""
    return expected(job.engine(), Names("any", prefix).topics, input_, job.topics)


@dataclass(frozen=True, slots=True)
class Span:
    """From the last look with nothing applied to all durable."""

    events: int
    first: Reading
    last: Reading

    @property
    def cpu_s(self) -> float:
        """CPU time of the workers, all threads, in between."""
        return self.last.cpu_s - self.first.cpu_s

    @property
    def wall_s(self) -> float:
        """Time in between."""
        return self.last.wall - self.first.wall


async def until_durable(here: Place, *workers: Worker) -> Span:
    """Watch workers that were just started until all input is committed; ServerFailed if not."""
    goal = {
        tp: end for tp, end in (await ends(here.settings.kafka, here.names.inputs)).items() if end
    }
    with Redis.from_url(here.settings.redis) as redis:
        watch = _Watch(here, workers, redis, goal)
        first = await watch.first_applied()
        await watch.all_applied()
        await watch.all_committed()
        return Span(sum(goal.values()), first, watch.read())


class _Watch:
    """Looks how far workers are; ServerFailed when one ends or they no longer move."""

    def __init__(
        self,
        here: Place,
        workers: Sequence[Worker],
        redis: "Redis",
        goal: Mapping[TopicPartition, int],
    ) -> None:
        self._here, self._workers, self._redis, self._goal = here, workers, redis, goal
        self._applied, self._moved = 0, time.monotonic()

    async def first_applied(self) -> Reading:
        """The last reading that is surely before anything was applied."""
        reading = self.read()
        while True:
            # Taken before the look: what the look shows may be older than a reading after it.
            following = self.read()
            if self._look():
                return reading
            reading = following
            await asyncio.sleep(_START_LOOK_S)

    def read(self) -> Reading:
        """CPU time and memory of all workers now."""
        return read_all(worker.child.pid for worker in self._workers)

    async def all_applied(self) -> None:
        """Until Redis is at the ends of the input."""
        while self._look() < sum(self._goal.values()):  # noqa: ASYNC110 - another process moves it
            await asyncio.sleep(_LOOK_S)

    async def all_committed(self) -> None:
        """Until the group has committed the ends of the input."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._here.settings.kafka)
        await admin.start()
        try:
            while not await self._is_committed(admin):
                self._look()
                await asyncio.sleep(_END_LOOK_S)
        finally:
            await admin.close()

    async def _is_committed(self, admin: AIOKafkaAdminClient) -> bool:
        at = await admin.list_consumer_group_offsets(self._here.settings.app_id)
        return all(tp in at and at[tp].offset == end for tp, end in self._goal.items())

    def _look(self) -> int:
        """How many records Redis shows as applied."""
        pipe = self._redis.pipeline(transaction=False)
        for tp in self._goal:
            pipe.hget(self._here.keys.partition_meta(tp.partition), f"pos:{tp.topic}")
        applied = sum(int(at or 0) for at in pipe.execute())
        if applied > self._applied:
            self._applied, self._moved = applied, time.monotonic()
        for worker in self._workers:
            if not worker.child.running:
                raise ServerFailed(f"a worker ended; its last words:\n{tail(worker.log)}")
        if time.monotonic() - self._moved > _STALLED_S:
            words = "\n".join(tail(worker.log) for worker in self._workers)
            raise ServerFailed(
                f"nothing moves at {applied} of {sum(self._goal.values())}; last words:\n{words}"
            )
        return applied
