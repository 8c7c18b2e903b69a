"""Redis compared with the state in the changelog: each tag of each user, value and since.

Workers may run meanwhile. The state is that of the last checkpoint; every change since then stands
in the change stream, numbered without a hole. So what a user must look like at any moment is
the state and the changes up to it, and what they do look like is read together with the
number of the last change (agents/redis/sweep.py). Nothing is written, no worker is asked.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from agents.redis.connection import connection_options, reaching_redis
from agents.redis.deployment import Deployment, find
from agents.redis.keys import Keys
from agents.redis.news import News, Part, Position
from agents.redis.server import Reading
from agents.redis.sweep import Interrupted, Sweep
from agents.settings import Settings
from agents.stored import read_partition
from schemas.changes import TagChange, TagValue
from streams.engine import Engine, Partition

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from schemas.records import Checkpoint

_TRIES = 5
_PAUSE_S = 1.0  # before a partition that changed too much meanwhile is compared again
_USERS_A_LOOK = 200

Shown = Mapping[str, tuple[TagValue, int]]
"""Value and since of the tags of a user."""

WHY_NOT = {
    "new run": "Redis shows another run than the state is of, or one is being written",
    "lost": "Redis has lost changes that the state covers",
    "trimmed": "the change stream is too short to tell what changed since the last checkpoint",
    "interrupted": "Redis is another server than before",
}
"""Why a partition cannot be compared, for people; by the reason of an interruption."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A tag as the state has it and as Redis shows it: (value, since), None for no tag."""

    partition: int
    user_id: str
    tag: str
    state: tuple[TagValue, int] | None
    redis: tuple[TagValue, int] | None


@dataclass(slots=True)
class Verdict:
    """One partition: how many users were compared, and what differs.

    `why_not`: it could not be compared. All differences are counted, the first `most` are kept.
    """

    partition: int
    most: int
    users: int = 0
    found: int = 0
    differences: list[Difference] = field(default_factory=list)
    why_not: str | None = None

    @property
    def is_right(self) -> bool:
        """Whether all was compared and nothing differs."""
        return not self.found and self.why_not is None

    def add(self, user: str, state: Shown, redis: Shown) -> None:
        """Compare a user."""
        self.users += 1
        if state == redis:
            return
        for tag in sorted(state.keys() | redis.keys()):
            if state.get(tag) != redis.get(tag):
                self.found += 1
                if len(self.differences) < self.most:
                    both = state.get(tag), redis.get(tag)
                    self.differences.append(Difference(self.partition, user, tag, *both))


@dataclass(frozen=True, slots=True)
class Limits:
    """`rate`: users a second at most, 0 for no limit. `most`: differences kept a partition."""

    rate: float
    most: int


async def verify(
    settings: Settings,
    engine: Engine,
    partition: int,
    limits: Limits,
    progress: Callable[[float], None],
) -> Verdict:
    """Compare one partition. `progress` is told the share that is done.

    Raises Unreachable; WrongUse if another catalogue than the engine's wrote the state.
    """
    verdict = Verdict(partition, limits.most)
    async with _deployment(settings) as deployment:
        for attempt in range(_TRIES):
            rows = await read_partition(
                settings, engine, partition, lambda share: progress(share / 2)
            )
            if rows.checkpoint is None:
                verdict.why_not = "there is no state yet: no worker has written a checkpoint"
                return verdict
            verdict = Verdict(partition, limits.most)
            comparing = Comparing(rows.state, Keys(settings.prefix), verdict, limits.rate)
            try:
                with reaching_redis(settings):
                    server = await deployment.server(partition)
                    await comparing.run(
                        server, rows.checkpoint, lambda share: progress((1 + share) / 2)
                    )
            except Interrupted as reason:
                verdict.why_not = WHY_NOT[reason.reason]
                await asyncio.sleep(_PAUSE_S if attempt < _TRIES - 1 else 0)
            else:
                return verdict
    return verdict


class Comparing:
    """Compares one partition's users, at no more than `rate` a second."""

    def __init__(self, state: Partition, keys: Keys, verdict: Verdict, rate: float) -> None:
        self._state, self._keys, self._verdict, self._rate = state, keys, verdict, rate
        self._changed: dict[str, dict[str, tuple[TagValue, int]]] = {}  # since the checkpoint
        self._seen = set[str]()

    async def run(
        self, server: Reading, checkpoint: "Checkpoint", progress: Callable[[float], None]
    ) -> None:
        """All users in Redis, then those whom the state alone knows. Raises Interrupted."""
        begun, name = time.monotonic(), await server.identity()
        at = {self._verdict.partition: Position(checkpoint.run, checkpoint.seq)}
        sweep = Sweep(self._keys, at, name or "")
        while not sweep.ended:
            self._compare(await sweep.step(server))
            await self._pause(begun, progress)
        for keys in self._missing():
            self._compare(await sweep.look(server, keys))
            await self._pause(begun, progress)

    def _compare(self, news: Iterable[News]) -> None:
        for part in news:
            if isinstance(part, Part):
                for change in part.changes:
                    self._follow(change)
                for user, tags in part.users.items():
                    if user not in self._seen:  # SCAN may bring somebody twice
                        self._seen.add(user)
                        found = {tag: (held.value, held.since) for tag, held in tags.items()}
                        self._verdict.add(user, self._expected(user), found)

    def _follow(self, change: TagChange) -> None:
        tags = self._changed.setdefault(change.user_id, dict(self._expected(change.user_id)))
        if change.tag is None:
            tags.clear()
        elif change.new is None:
            tags.pop(change.tag, None)
        else:
            tags[change.tag] = change.new, change.time

    def _expected(self, user: str) -> Shown:
        changed = self._changed.get(user)
        return self._state.shown(user) if changed is None else changed

    def _missing(self) -> Iterator[Sequence[bytes]]:
        """Keys of those who must have tags and were not among the keys of Redis."""
        number, everybody = self._verdict.partition, {*self._state.user_ids(), *self._changed}
        users = (u for u in sorted(everybody - self._seen) if self._expected(u))
        while some := list(islice(users, _USERS_A_LOOK)):
            yield [self._keys.user(number, user).encode() for user in some]

    async def _pause(self, begun: float, progress: Callable[[float], None]) -> None:
        progress(min(1.0, len(self._seen) / max(1, self._state.users)))
        if self._rate:
            ahead = self._verdict.users / self._rate - (time.monotonic() - begun)
            await asyncio.sleep(max(0.0, ahead))


@asynccontextmanager
async def _deployment(settings: Settings) -> "AsyncIterator[Deployment]":
    with reaching_redis(settings):
        found = await find(settings.redis, Keys(settings.prefix), **connection_options(settings))
    try:
        yield found
    finally:
        await found.aclose()
