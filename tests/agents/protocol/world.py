"""A partition's life in a simulated world: traffic, workers, faults, and the check at its end.

Time is virtual and chance is seeded, so a seed is a history that can be looked at again:
`python -m tests.agents.protocol REDIS_URL SEED`.
"""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from redis import Redis

from agents import applying, sessions
from agents.redis.keys import Keys
from agents.session import Session
from schemas.records import CLAIM_KEY
from schemas.topics import TOPICS
from streams import communities
from streams.catalogue.load import load
from streams.engine import Engine
from tests.agents.protocol import verdict, virtual
from tests.agents.protocol.kafka_box import Log
from tests.agents.protocol.redis_box import Bad, Box
from tests.agents.protocol.traffic import START, Traffic
from tests.agents.protocol.worker import SimWorker

CATALOGUE = """
catalogue: sim
version: 1
currency: CNY
timezone: Asia/Shanghai
measures:
  likes_8s: {count: [like], window: 8s, step: 1s}
  paid_6s: {sum: amount, of: [payment, borrow], window: 6s, step: 2s}
  ever: {count: [like, join, leave, post, comment, payment, borrow]}
  groups: {set: community_id, add: [join, post], remove: [leave]}
tags:
  activity:
    dimension: behaviour
    hold: 3s
    values: {hot: likes_8s >= 3, warm: likes_8s >= 1, cold: else}
  payer: {dimension: behaviour, when: paid_6s >= 20}
  counted: {dimension: behaviour, value: ever}
  both: {dimension: composite, when: payer and activity != 'cold'}
detectors:
  fast: {title: {zh: 快, en: Fast}, kind: velocity, of: [borrow, payment], count: 3,
    within: 4s, flag: 3s, cooldown: 5s}
  copied: {title: {zh: 抄, en: Copied}, kind: duplicate_content, of: [post], users: 2,
    within: 10s, flag: 2s, cooldown: 3s}
"""
ENGINE = Engine(load(CATALOGUE, "sim.yaml"))
FAULTS = (
    "crash",  # of any worker
    "torn",  # of the owner, in the middle of a checkpoint
    "ruin",  # the same, and all data in Redis with it
    "freeze",  # of the owner: it comes back as a zombie
    "late",  # the same while it takes the partition
    "rebalance",  # nobody is asked to give up
    "double",
    "polite",
    "failover",  # to a Redis without the last calls
    "flush",
    "away",  # Redis does not answer for a while
)
CALM = ("crash", "crash", "polite")
SENDING_S, LIMIT_S = 12.0, 120.0
REBALANCE_S = 8.0
WATCH_S = 2.0  # so that the end of the changelog matters within one history
COMPACTION_LAG_S = 30.0  # longer than any freeze and the next look together, as in earnest


class World:
    """All there is; what is None is left to the seed.

    `faults`: kinds that may happen. `wall`: does the wall clock tick.
    `calm`: what happens when all is sent. `unacknowledged`: the share of
    batches for the changelog that fail. `every_s`: mean time between faults. `late`: the share of
    requests to Redis that are late or lost. `repeats`: do producers send events again.
    """

    def __init__(
        self,
        redis: Redis,
        prefix: str,
        seed: int,
        faults: Sequence[str] | None = None,
        calm: Sequence[str] = CALM,
        wall: bool | None = None,  # noqa: FBT001 - always given by name
        unacknowledged: float | None = None,
        every_s: float | None = None,
        late: float | None = None,
        *,
        repeats: bool = True,
    ) -> None:
        self.calm = calm
        self.chance = chance = Random(seed)
        self.engine = ENGINE
        self.topics, self.changelog = [Log() for _ in TOPICS], Log()
        self.box = Box(redis, Keys(prefix), Random(chance.random()), self._base)
        self.box.late = chance.choice((0.0, 0.0, 0.03)) if late is None else late
        self.repeats = repeats
        chosen = chance.choice((0.0, 0.0, 0.02))
        self.unacknowledged = chosen if unacknowledged is None else unacknowledged
        self.wall = chance.random() < 0.7 if wall is None else wall
        self.kinds = chance.sample(FAULTS, chance.randint(1, 5)) if faults is None else faults
        self.every_s = chance.choice((1.0, 2.0, 5.0)) if every_s is None else every_s
        self.sent: list[verdict.Sent] = []
        self.dead_letters: set[tuple[int, int]] = set()
        self.building: list[Session] = []
        self.committed: tuple[int, ...] = ()
        self.owner, self.generation, self.revoking = "w0", 0, False
        self.failure: BaseException | None = None
        self.workers: dict[str, SimWorker] = {}
        self.story: list[str] = []
        self._names = 0

    # -- time, group

    @staticmethod
    def time() -> float:
        return asyncio.get_running_loop().time()

    def now_ms(self) -> int:
        return START + int(self.time() * 1000)

    def note(self, what: str) -> None:
        self.story.append(f"{self.time():8.3f} {what}")

    def violated(self, why: BaseException) -> None:
        self.failure = self.failure or why

    def rebalancing(self, worker: SimWorker) -> bool:
        return worker.generation != self.generation or (self.revoking and self.owner == worker.name)

    def left(self, worker: SimWorker) -> None:
        """The owner has given up by itself: the next one may begin."""
        if self.revoking and self.owner == worker.name and worker.generation == self.generation:
            self.assign()

    def assign(self, but: str = "") -> None:
        self.owner = self.chance.choice(sorted(self.workers.keys() - {but}))
        self.generation, self.revoking = self.generation + 1, False
        self.note(f"generation {self.generation}: {self.owner}")

    def add_worker(self) -> None:
        name, self._names = f"w{self._names}", self._names + 1
        self.workers[name] = SimWorker(self, name)

    # -- a history

    async def run(self) -> None:
        """Traffic with faults, then a quiet end; raises Bad."""
        self.add_worker()
        self.add_worker()
        self.generation = 1
        self.traffic = Traffic(self)
        sending = asyncio.create_task(self.traffic.grow())
        await self._suffer(until=SENDING_S)
        await sending
        await self._calm_down()
        session = await self._settled()
        verdict.check(self, session)

    async def _suffer(self, until: float) -> None:
        while self.time() < until:
            await self._wait(self.chance.expovariate(1 / self.every_s))
            if self.kinds and self.time() < until:
                await self.do(self.chance.choice(self.kinds))

    async def _calm_down(self) -> None:
        """More owners read what is left behind; everything expires; compaction comes at last."""
        for kind in self.calm:
            await self._wait(3.0)
            await self.do(kind)
        await self._wait(14.0)
        self.wall = False  # else there is always one more tick to checkpoint
        await self._wait(COMPACTION_LAG_S)
        self.changelog.compact(self.now_ms() - int(COMPACTION_LAG_S * 1000))
        await self.do("crash")

    async def _wait(self, seconds: float) -> None:
        until = self.time() + seconds
        while self.time() < until:
            await asyncio.sleep(min(0.2, until - self.time()))
            self._look()

    def _look(self) -> None:
        if self.failure is not None:
            raise Bad(f"a worker ended: {self.failure!r}") from self.failure
        if self.time() > LIMIT_S:
            raise Bad(f"stuck: positions {self.box.meta}, ends {[log.end for log in self.topics]}")

    async def do(self, kind: str) -> None:
        """One fault."""
        self.note(f"FAULT {kind} (owner {self.owner})")
        await getattr(self, f"_{kind}")()

    async def _crash(self) -> None:
        self._kill(self.chance.choice(sorted(self.workers)))

    async def _torn(self) -> None:
        await self._until_written()
        self._kill(self.owner)

    async def _ruin(self) -> None:
        await self._torn()
        self.box.flush()

    async def _freeze(self) -> None:
        self.workers[self.owner].frozen_until = self.time() + self.chance.uniform(0.5, 6.0)
        self.assign(but=self.owner)

    async def _late(self) -> None:
        self.assign()
        await self._until_written(CLAIM_KEY)
        await self._freeze()

    async def _burst(self) -> None:
        """The last of the traffic; its owner freezes with rows in hand that are not written."""
        self.traffic.send_some()
        await self._wait(self.chance.uniform(0.1, 0.4))
        await self._freeze()
        await self._wait(1.0)
        self.traffic.send_some()

    async def _rebalance(self) -> None:
        self.assign()

    async def _double(self) -> None:
        self.assign()
        self.assign()

    async def _polite(self) -> None:
        self.revoking = True
        asyncio.get_running_loop().call_later(REBALANCE_S, self._lose_patience, self.generation)

    async def _failover(self) -> None:
        self.box.fail_over(self.chance.randint(0, 6))

    async def _flush(self) -> None:
        self.box.flush()

    async def _away(self) -> None:
        self.box.away, self.box.generation = True, self.box.generation + 1
        await self._wait(self.chance.uniform(0.1, 4.0))
        self.box.away = False

    def _kill(self, name: str) -> None:
        """SIGKILL; another process takes its place."""
        self.workers.pop(name).crash()
        self.add_worker()
        if self.owner == name:
            self.assign()

    async def _until_written(self, key: bytes | None = None) -> None:
        """Until a record (of that key) has just landed in the changelog."""
        end, until = self.changelog.end, self.time() + 2.0
        while self.time() < until:
            new = self.changelog.between(end, self.changelog.end)
            if new and key in (None, new[-1].key):
                return
            await asyncio.sleep(0.002)

    def _lose_patience(self, generation: int) -> None:
        if self.revoking and self.generation == generation:
            self.assign()

    async def _settled(self) -> Session:
        """Waits until the owner has done and checkpointed everything."""
        while True:
            await self._wait(0.5)
            session = self.workers[self.owner].session
            ends = tuple(log.end for log in self.topics)
            if (
                session is not None
                and session.live
                and session.positions == ends
                and session.checkpointed == session.calls
                and not session.due
                and not session.between_blocks.locked()
            ):
                return session

    # -- what a new run began with

    def _base(self, run: bytes) -> Any:
        session = next(s for s in reversed(self.building) if s.run.encode() == run)
        return verdict.Base.of(session, self.box)


def play(redis: Redis, prefix: str, seed: int, **choices: Any) -> tuple[Exception | None, World]:
    """One history; what it violated, if anything."""
    world = World(redis, prefix, seed, **choices)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(applying, "MAX_CHANGES", 3)  # so that blocks are cut into calls,
            patch.setattr(applying, "SLICE_USERS", 2)  # and expiries into slices
            patch.setattr(sessions, "_WATCH_S", WATCH_S)
            patch.setattr(communities, "DAY", 1_000)  # so that the week of communities passes
            virtual.run(world.run())
    except (Bad, virtual.Stuck) as violation:
        return violation, world
    finally:
        world.box.clear()
    return None, world
