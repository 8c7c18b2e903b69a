"""One simulated worker: the real recovery, agent, checkpoints and publisher on simulated clients.

Stands where Faust stands: it hears of rebalances by heartbeats, takes its partition, hands
out blocks and gives up.
"""

import asyncio
from random import Random
from typing import TYPE_CHECKING, Any, cast

from agents.checkpoint import Checkpointer
from agents.health import Health
from agents.metrics import Metrics
from agents.recovery.adopting import Adopting
from agents.recovery.new_run import NewRun
from agents.recovery.rows import Rows
from agents.recovery.take import Recovery
from agents.redis.fenced import Fenced
from agents.redis.link import Link
from agents.redis.links import Links
from agents.redis.owned import Owned
from agents.redis.publisher import Claimed, Publisher
from agents.redis.run_writer import RunWriter
from agents.session import Session
from agents.sessions import Sessions
from agents.tagger import Tagger
from agents.transport.block import Block
from agents.transport.merge import Merge, Positions
from schemas.decode import Decoder
from schemas.topics import TOPICS
from tests.agents.protocol.kafka_box import SimChangelog, SimOutgoing, SimSources
from tests.agents.protocol.redis_box import SimPool

if TYPE_CHECKING:
    from tests.agents.protocol.world import World

CHECKPOINT_S = 0.5
HEARTBEAT_S = 0.3
LAPSE_S = 0.25
METRICS = Metrics()  # nobody reads them here


class Building(NewRun):
    """The real new run; the world is shown each session that writes one."""

    world: "World"

    async def write(self, session: Session, rows: Rows, claimed: Claimed) -> None:
        self.world.building.append(session)
        await super().write(session, rows, claimed)


class SimWorker:
    """A process. `pause` is where it may be slow, frozen or dead."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name
        self.chance = Random(world.chance.random())
        self.dead, self.frozen_until = False, 0.0
        self.generation, self.leaving = -1, True
        self.session: Session | None = None
        link = Link("redis://simulated")
        link._pool = cast("Any", SimPool(world.box, self))
        self.health = Health()
        fenced, keys = Fenced(Links(lambda: link), self._redis_away), world.box.keys
        publisher = Publisher(fenced, keys, TOPICS, 0)
        self.changelog = SimChangelog(
            world.changelog, self, self.chance, world.now_ms, world.unacknowledged
        )
        checkpointer = Checkpointer(self.changelog, self._commit, "sim@1", publisher.trim, _nothing)
        decoder = Decoder(world.engine.catalogue.currency)
        sources = cast("Any", SimSources(world.topics, self))
        owned, log = Owned(fenced, keys), self.changelog
        adopting = Adopting(world.engine, publisher, owned, log, checkpointer)
        building = Building(RunWriter(fenced, keys, TOPICS), checkpointer)
        building.world = world
        steps = (publisher, log, sources, adopting, building)
        recovery = Recovery(world.engine, decoder, *steps, TOPICS, name, _nothing)
        self.sessions = Sessions(
            recovery, checkpointer, publisher, self.changelog, self.health, METRICS, _nothing
        )
        outgoing = cast("Any", SimOutgoing(self, world.dead_letters))
        self.tagger = Tagger(decoder, publisher, outgoing, METRICS, 1, 1.0, self.sessions.lost)
        self.tasks = [
            asyncio.create_task(duty)
            for duty in (self._live(), self._beat(), self.sessions.keep(CHECKPOINT_S))
        ]
        for task in self.tasks:
            task.add_done_callback(self._ended)

    # -- as its clients see it

    async def pause(self) -> None:
        """Some time passes on the way to a server or back."""
        await asyncio.sleep(self.chance.choice((0.0, 0.001, 0.003, 0.01, 0.05)))
        while self.world.time() < self.frozen_until:  # noqa: ASYNC110 - it may be frozen longer
            await asyncio.sleep(self.frozen_until - self.world.time())
        if self.dead:
            raise asyncio.CancelledError

    def crash(self) -> None:
        """SIGKILL."""
        self.dead = self.changelog.broken = True
        for task in self.tasks:
            task.cancel()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not self.dead and not task.cancelled():
            self.world.violated(task.exception() or AssertionError("a duty ended"))

    # -- as a member of the group

    async def _beat(self) -> None:
        """Hears of a rebalance, sooner or later."""
        while True:
            await asyncio.sleep(self.chance.uniform(0.0, 2 * HEARTBEAT_S))
            await self.pause()
            if not self.leaving and self.world.rebalancing(self):
                self.leaving = True
                self.sessions.revoked()

    async def _live(self) -> None:
        while True:
            while self.generation == self.world.generation:  # noqa: ASYNC110 - as a member polls
                await asyncio.sleep(0.05)
            await self.pause()
            self.generation, self.leaving = self.world.generation, False
            mine = self.world.owner == self.name
            self.sessions.assigned(frozenset({0} if mine else ()))
            while not self.leaving:
                await (self._work() if mine else asyncio.sleep(0.1))
            await self.sessions.give_up()
            self.world.left(self)

    def _wanted(self) -> bool:
        return not self.leaving and not self.dead

    async def _work(self) -> None:
        """Takes the partition, then processes blocks as long as it is ours."""
        session = self.session = await self.sessions.take(0, self._wanted)
        if session is None:
            await asyncio.sleep(1.0)
            return
        feeding = Feeding(session, self.world, self.chance)
        while self._wanted() and session.live:
            await self.pause()
            block = feeding.block()
            if block is None:
                await asyncio.sleep(self.chance.uniform(0.0, 0.2))
            else:
                await self.tagger.process(block)

    async def _commit(self, _: int, positions: Positions) -> bool:
        await self.pause()
        if self.generation != self.world.generation:
            return False
        self.world.committed = positions
        return True

    def _redis_away(self, kind: str | None) -> None:
        self.health.away("redis", kind)


class Feeding:
    """Merges what was fetched and hands it out, as the consumer does."""

    def __init__(self, session: Session, world: "World", chance: Random) -> None:
        self._session, self._world, self._chance = session, world, chance
        self._merge: Merge[Any] = Merge(session.positions)
        self._lapsed = 0.0

    def block(self) -> Block[Session] | None:
        self._fetch()
        merge = self._merge
        after = merge.positions
        records, topics = merge.take(self._chance.randint(1, 8))
        tick = self._tick()
        if not records and tick is None and not self._session.due:
            return None
        sliced = self._world.wall and merge.caught_up
        return Block(self._session, after, merge.positions, records, topics, tick, sliced)

    def _fetch(self) -> None:
        for log, feed in zip(self._world.topics, self._merge.feeds, strict=True):
            if self._chance.random() < 0.7 and len(feed.records) < 8:
                found = log.between(feed.position, feed.position + self._chance.randint(1, 6))
                feed.records += found
                feed.position += len(found)
                feed.ended, feed.polled_ms = feed.position >= log.end, self._world.now_ms()

    def _tick(self) -> int | None:
        now = self._world.time()
        if not self._world.wall or not self._merge.caught_up or now - self._lapsed < LAPSE_S:
            return None
        self._lapsed = now
        return min(feed.polled_ms for feed in self._merge.feeds) - 1_000


def _nothing(*_: Any) -> None:
    """Nobody is told."""
