"""How long until Redis is whole again after it lost everything, with a worker and a reader there.

`python -m benchmarks.rebuild --users 100000`. The worker notices by itself (an owner checks every
few seconds, its next call is refused at once), restores, and writes all users anew; the reader
waited for changes all the time and must end with exactly what Redis has.
"""

import argparse
import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from redis import Redis

from agents.commands.output import print_table
from agents.redis.client import TagClient
from agents.redis.mirror import Mirror, Users
from benchmarks.events import everybody
from benchmarks.jobs import PACKAGED, TAG_JOB, Input, Job
from benchmarks.loading import PARTITIONS, delete_topics
from benchmarks.meter import read_all
from benchmarks.ours import EVENT_TIME, until_durable, write_input
from benchmarks.place import Place, forget_topics, place, prepare
from benchmarks.servers import Servers, servers
from tests.servers.worker import Worker

_LOOK_S = 0.01
_PATIENCE_S = 280.0
_DATABASE = 9  # to be lost alone: servers may be shared
ASKED = {"tag job": 20_000, "packaged": 5_000}  # users a second


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """`noticed_s`: until the first new run began; `took_s`: from there until all were finished.

    `worker_cpu_s`: of the worker, from the loss to the end.
    """

    what: str
    users: int
    tags: int
    noticed_s: float
    took_s: float
    worker_cpu_s: float
    faults: tuple[str, ...]

    @property
    def users_per_s(self) -> float:
        """Users written a second."""
        return self.users / max(self.took_s, _LOOK_S)


def measure(where: Servers, what: str, job: Job, input_: Iterable[Input]) -> Rebuilt:
    """Load, lose everything, wait."""
    redis = f"{where.redis.rpartition('/')[0]}/{_DATABASE}"
    settings = {**EVENT_TIME, "catalogue": str(job.catalogue), "redis": redis}
    with place(where, f"bench{uuid4().hex[:8]}.", **settings) as here:
        return asyncio.run(_measure(where, here, what, input_))


async def _measure(where: Servers, here: Place, what: str, input_: Iterable[Input]) -> Rebuilt:
    await write_input(where, here.settings.topic_prefix, input_)
    await prepare(here)
    worker = here.worker("rebuild")
    try:
        worker.launch()
        await until_durable(here, worker)
        return await _lose(here, worker, what)
    finally:
        worker.stop()
        await forget_topics(here)
        await delete_topics(where.kafka, here.names.inputs)


async def _lose(here: Place, worker: Worker, what: str) -> Rebuilt:
    mirror, pids = Mirror(), [worker.child.pid]
    async with TagClient.of(here.settings) as client:
        following = asyncio.create_task(_follow(client, mirror))
        while len(mirror.whole) < PARTITIONS:  # noqa: ASYNC110 - another task moves it
            await asyncio.sleep(_LOOK_S)
        before = {user: dict(tags) for user, tags in mirror.users()}
        with Redis.from_url(here.settings.redis) as redis:
            redis.flushdb()  # at one instant, as FLUSHALL does
        lost, cpu_s = time.monotonic(), read_all(pids).cpu_s
        began, ended = await _until_whole(here)
        cpu_s = read_all(pids).cpu_s - cpu_s
        faults = await _faults(here, mirror, before)
        following.cancel()
    tags = sum(map(len, before.values()))
    return Rebuilt(what, len(before), tags, began - lost, ended - began, cpu_s, faults)


async def _follow(client: TagClient, mirror: Mirror) -> None:
    async for news in client.follow():
        mirror.apply(news)


async def _until_whole(here: Place) -> tuple[float, float]:
    """When the first new run began, and when the last one was finished."""
    began, until = 0.0, time.monotonic() + _PATIENCE_S
    with Redis.from_url(here.settings.redis) as redis:
        while time.monotonic() < until:
            pipe = redis.pipeline(transaction=False)
            for number in range(PARTITIONS):
                pipe.hmget(here.keys.partition_meta(number), "run", "building")
            metas = pipe.execute()
            began = began or (time.monotonic() if any(run for run, _ in metas) else 0.0)
            if all(run and not building for run, building in metas):
                return began, time.monotonic()
            await asyncio.sleep(_LOOK_S)
    raise TimeoutError(f"Redis is not whole after {_PATIENCE_S:g} s")


async def _faults(here: Place, mirror: Mirror, before: Users) -> tuple[str, ...]:
    """The reader must see the jump and end with what there was, as must Redis."""
    until = time.monotonic() + 60.0
    while _values(dict(mirror.users())) != _values(before) and time.monotonic() < until:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.5)
    found = []
    if _values(dict(mirror.users())) != _values(before):
        found.append("the reader did not end with what there was")
    with Redis.from_url(here.settings.redis) as redis:
        written = sum(1 for _ in redis.scan_iter(f"{here.settings.prefix}:*:user:*", count=5_000))
    if written != len(before):
        found.append(f"{written} users in Redis of {len(before)}")
    return tuple(found)


def _values(users: Users) -> dict[str, dict[str, object]]:
    """Value and since of each tag: the seq is that of the run."""
    return {
        user: {tag: (held.value, held.since) for tag, held in tags.items()}
        for user, tags in users.items()
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--users", type=int, default=100_000)
    arguments.add_argument("--only", choices=sorted(ASKED))
    given = arguments.parse_args(argv)
    with servers() as where:
        found = [
            measure(where, what, job, input_)
            for what, job, input_ in (
                ("tag job", TAG_JOB, everybody(given.users)),
                ("packaged", PACKAGED, PACKAGED.events(5 * given.users, given.users)),
            )
            if given.only in (None, what)
        ]
    columns = ("what", "users#", "tags#", "noticed, s", "took, s", "users/s#", "asked#", "CPU, s")
    print_table("", (*columns, "faults"), map(_row, found))


def _row(one: Rebuilt) -> tuple[object, ...]:
    seconds = f"{one.noticed_s:.2f}", f"{one.took_s:.2f}"
    speed = round(one.users_per_s), ASKED[one.what]
    return one.what, one.users, one.tags, *seconds, *speed, f"{one.worker_cpu_s:.1f}", one.faults


if __name__ == "__main__":
    main()
