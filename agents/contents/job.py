"""The second agent of a worker, put together: its own app, in its own consumer group."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

from agents.app import TagstreamApp, build_app, comparing
from agents.clock import WallClock
from agents.contents.agent import ContentsAgent
from agents.contents.asking import Asking
from agents.contents.keeping import Keeping, NoFence, Taking
from agents.contents.sending import Sender
from agents.health import Health
from agents.kafka_client import client_options
from agents.metrics import Metrics
from agents.names import Names
from agents.owning import Owning
from agents.session import Session
from agents.settings import Settings
from agents.transport.changelog import Changelog
from agents.transport.merge import Positions
from streams.catalogue.model import Catalogue
from streams.contents import rules_of
from streams.effects import Asked


class ContentsJob:
    """What a worker needs to look across users. `me`: our name at the broker."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        partitions: int,
        me: str,
        clock: WallClock,
        health: Health,
        *,
        idempotent: bool,
    ) -> None:
        names = Names.of(settings)
        kafka = {**client_options(settings), "client_id": me}
        self._interval_s = settings.checkpoint_s
        self._postings = Sender(names.contents, kafka, idempotent=idempotent)
        self._derived = Sender(names.topic("derived"), kafka, idempotent=idempotent)
        self._changelog = Changelog(names.contents_changelog, kafka, clock, idempotent=idempotent)
        taking = Taking(rules_of(catalogue), self._changelog, me)
        keeping = Keeping(self._changelog, self._commit, catalogue.id)
        self._owning = Owning(
            taking, keeping, NoFence(), self._changelog, health, Metrics(), self._take_again
        )
        agent = ContentsAgent(self._derived, self._owning.lost)
        self.app: TagstreamApp = build_app(
            settings, comparing(names), partitions, agent.process, me
        )
        self.app.taking, self.app.on_give_up = self._owning, self._owning.give_up
        self.app.polled = clock.polled
        self._ask = Asking(self._postings, partitions)

    async def ask(self, session: Session, asked: Sequence[Asked]) -> None:
        """Sends what a block of users asks; raises Lost."""
        await self._ask(session, asked)

    def duties(self) -> Iterable[Coroutine[Any, Any, object]]:
        """What goes on as long as the worker lives: the first to end ends it."""
        yield self._run()
        yield self._owning.keep(self._interval_s)
        yield self.app._crashed.wait()  # noqa: SLF001 - Faust's own

    async def stop(self) -> None:
        """Gives everything up and closes."""
        await self.app.stop()

    async def close(self) -> None:
        """Closes the connections; nothing is flushed, for every write was awaited."""
        for part in (self._postings, self._derived, self._changelog):
            await part.stop()

    async def _run(self) -> None:
        self.app.in_worker = True
        await self.app.start()
        await asyncio.Event().wait()  # `start` returns at once; the app lives on

    async def _commit(self, partition: int, positions: Positions) -> bool:
        return await self.app.block_consumer.commit_positions(partition, positions)

    def _take_again(self, partition: int) -> None:
        self.app.owner_lost(partition)
