"""Redis written anew from the state, a partition at a time, under a new run.

The owner of a partition does it, as after a loss of data; here it is only asked. It is asked by
taking the partition's `run` out of Redis: from then on every call of the owner is refused, it
takes the partition again, finds that Redis shows no run, and begins a new one
(`recovery/new_run.py`). No second writer is needed and no rule of the protocol is new. Where
nobody owns the partition, this program takes it as a worker would: with a claim record and an
epoch, so a worker that starts meanwhile wins. docs/decisions/0020.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from agents.clock import WallClock
from agents.errors import FoundWrong, Unreachable
from agents.kafka_client import client_options, reaching
from agents.names import Names
from agents.observer import Unobserved
from agents.recovery.take import Recovery
from agents.redis.connection import connect, reaching_redis
from agents.redis.keys import Keys
from agents.redis.links import links_of
from agents.session import Lost
from agents.settings import Settings
from agents.setup import Setup
from agents.status.kafka import KafkaStatus, ask_kafka
from agents.stored import read_partition
from agents.topics.manage import input_partitions
from agents.transport.changelog import NotWritten, Unknown
from agents.transport.merge import Positions
from agents.transport.sources import Deleted, Sources
from agents.user_partitions import UserPartitions
from streams.engine import Engine

_LOOK_S = 0.1
_LOOK_FOR_OWNERS_S = 2.0
_NAME = "tagstream rebuild"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rebuild would do. `owner`: the worker that would do it, None: this program.

    `again`: events after the state that are in Redis already and will be applied again;
    `deleted`: those of them that retention has deleted, which will be missing from then on.
    """

    partition: int
    users: int
    run: str | None
    owner: str | None
    again: int
    deleted: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A partition was written anew; `by` whom, None: this program."""

    partition: int
    run: str
    by: str | None
    seconds: float


async def plan(
    settings: Settings, engine: Engine, partition: int, progress: Callable[[float], None]
) -> Plan:
    """What `rebuild` would do. Changes nothing."""
    rows = await read_partition(settings, engine, partition, progress)
    meta = await _meta(settings, partition)
    topics = Names.of(settings).topics
    positions = rows.checkpoint.positions if rows.checkpoint else (0,) * len(topics)
    published = tuple(int(meta.get(f"pos:{topic}", 0)) for topic in topics)
    with reaching(settings):
        first = await Sources(topics, client_options(settings)).first_offsets(partition)
    return Plan(
        partition,
        rows.state.users,
        meta.get("run"),
        _owner(await ask_kafka(settings), partition),
        sum(max(0, there - here) for there, here in zip(published, positions, strict=True)),
        sum(map(_deleted, positions, published, first)),
    )


def _deleted(here: int, there: int, first: int) -> int:
    """Events after the state that retention has deleted; of all, where there is no state yet.

    >>> _deleted(40, 90, 55), _deleted(40, 90, 20), _deleted(0, 90, 15), _deleted(0, 0, 15)
    (15, 0, 15, 0)
    """
    return max(0, first - here) if here else min(first, there)


async def rebuild(settings: Settings, engine: Engine, partition: int, patience_s: float) -> Rebuilt:
    """Have one partition written anew, and wait until it is.

    `patience_s`: how long without any sign of progress. FoundWrong if it was not done in time.
    """
    begun = time.monotonic()
    before = (await _meta(settings, partition)).get("run")
    await _ask_for_new_run(settings, partition)
    waiting = Waiting(before, patience_s)
    looked_at, owner = 0.0, None
    while not waiting.is_done(meta := await _meta(settings, partition)):
        if time.monotonic() - looked_at > _LOOK_FOR_OWNERS_S:
            status, looked_at = await ask_kafka(settings), time.monotonic()
            owner = _owner(status, partition)
            if not status.workers:
                await _take_over(settings, engine, partition, waiting)
        await asyncio.sleep(_LOOK_S)
        if waiting.is_over():
            raise FoundWrong(
                f"partition {partition}: a new run was asked for, and nothing has happened for "
                f"{patience_s:g} s. It will be done when a worker takes the partition; see "
                "tagstream status and the workers' logs"
            )
    return Rebuilt(partition, meta["run"], owner, time.monotonic() - begun)


class Waiting:
    """For a run other than `before` to be finished; signs of progress renew the patience."""

    def __init__(
        self,
        before: str | None,
        patience_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._before, self._patience_s, self._clock = before, patience_s, clock
        self._seen: object = None
        self._moved_at = clock()

    def is_done(self, meta: Mapping[str, str]) -> bool:
        """Whether the new run is finished."""
        seen = meta.get("run"), meta.get("building")
        if seen != self._seen:
            self._seen, self._moved_at = seen, self._clock()
        return meta.get("run") not in (None, self._before) and "building" not in meta

    def is_over(self) -> bool:
        """Whether it takes too long."""
        return self._clock() - self._moved_at > self._patience_s


async def _ask_for_new_run(settings: Settings, partition: int) -> None:
    async with connect(settings) as redis:
        with reaching_redis(settings):
            await redis.hdel(Keys(settings.prefix).partition_meta(partition), "run")


async def _meta(settings: Settings, partition: int) -> Mapping[str, str]:
    async with connect(settings) as redis:
        with reaching_redis(settings):
            held: Any = await redis.hgetall(Keys(settings.prefix).partition_meta(partition))
    return {name.decode(): value.decode() for name, value in held.items()}


def _owner(status: KafkaStatus, partition: int) -> str | None:
    """The worker that has the partition; None if nobody has it."""
    owners = (worker.client_id for worker in status.workers if partition in worker.partitions)
    return next(owners, None)


async def _take_over(settings: Settings, engine: Engine, partition: int, waiting: Waiting) -> None:
    """Take the partition as a worker would, and leave it; a worker that comes meanwhile wins."""
    async with _recovery(settings, engine) as recovery:
        try:
            with reaching(settings):
                await recovery.take(partition, lambda: not waiting.is_over())
        except Lost:  # to a worker: it does the rest
            return
        except (NotWritten, Unknown) as reason:
            raise Unreachable(f"Kafka does not take the claim of the partition: {reason}") from None
        except Deleted as reason:  # cannot be: without a run nothing is replayed
            raise FoundWrong(str(reason)) from None


@asynccontextmanager
async def _recovery(settings: Settings, engine: Engine) -> AsyncIterator[Recovery]:
    """What takes partitions, connected as in a worker, without a consumer group."""
    setup = Setup.of(settings, engine, await input_partitions(settings), _NAME)
    links, clock = links_of(settings), WallClock(lambda _: None)
    users = UserPartitions(setup, links, clock, _commit_nothing, Unobserved())
    try:
        yield users.recovery
    finally:
        await users.changelog.stop()
        await links.close()


async def _commit_nothing(_: int, __: Positions) -> bool:
    """Kafka's committed offsets only inform: the next worker's checkpoint will."""
    return False
