"""The second agent of a worker, put together: its own app, in its own consumer group."""

from collections.abc import Coroutine, Iterable
from typing import Any

from agents.app import Role, build_app
from agents.checkpoint import Checkpointer
from agents.clock import WallClock
from agents.contents.agent import ContentsAgent
from agents.contents.asking import Asking
from agents.contents.sending import Sender
from agents.contents.session import ContentsSession
from agents.contents.taking import NoFence, Taking
from agents.health import Health
from agents.metrics import Metrics
from agents.sessions import Sessions
from agents.setup import Setup
from agents.transport.changelog import Changelog
from streams.contents import rules_of


class ContentsJob:
    """What a worker needs to look across users, if its catalogue asks for that."""

    def __init__(self, setup: Setup, clock: WallClock, health: Health) -> None:
        names, kafka = setup.names, setup.kafka
        self._interval_s = setup.settings.checkpoint_s
        self._postings = Sender(names.contents, kafka)
        self._derived = Sender(names.topic("derived"), kafka)
        self._changelog = Changelog(names.contents_changelog, kafka, clock)
        group, topics = names.contents_group, (names.contents,)
        role = Role(group, "contents", topics, names.contents_changelog, ticks=False)
        self.app = build_app(setup, role)
        catalogue = setup.engine.catalogue
        taking = Taking(rules_of(catalogue), self._changelog, setup.me)
        checkpointer = Checkpointer[ContentsSession](
            self._changelog, self.app.commit_positions, catalogue.id, None, lambda _: None
        )
        self._sessions = Sessions(
            taking, checkpointer, NoFence(), self._changelog, health, Metrics(), self.app.owner_lost
        )
        agent = ContentsAgent(self._derived, self._sessions.lost)
        self.app.serve(agent.process, self._sessions, clock)
        self.ask = Asking(self._postings, setup.partitions)

    def duties(self) -> Iterable[Coroutine[Any, Any, object]]:
        """What goes on as long as the worker lives: the first to end ends it."""
        yield self._sessions.keep(self._interval_s)

    async def close(self) -> None:
        """Closes the connections; nothing is flushed, for every write was awaited."""
        for part in (self._postings, self._derived, self._changelog):
            await part.stop()
