"""The first agent of a worker, put together: users' events become tags, in an app of its own."""

from collections.abc import Coroutine, Iterable
from typing import Any

from agents.app import Role, build_app
from agents.clock import WallClock
from agents.community_bands import keep_bands_told
from agents.outgoing import Outgoing
from agents.redis.links import Links
from agents.sessions import Sessions
from agents.setup import Setup
from agents.tagger import Ask, Tagger
from agents.tracing.traces import Traces
from agents.user_partitions import UserPartitions
from agents.watching import Watch


class TaggingJob:
    """What every worker does. `ask`: where questions across users go; None: nobody asks any."""

    def __init__(
        self,
        setup: Setup,
        links: Links,
        clock: WallClock,
        watch: Watch,
        ask: Ask | None,
        traces: Traces,
    ) -> None:
        self._setup, self._metrics = setup, watch.metrics
        self.outgoing = Outgoing(setup.names, setup.kafka)
        names, ticks = setup.names, setup.settings.clock == "wall"
        role = Role(names.group, "tagger", names.topics, names.changelog, ticks)
        self.app = build_app(setup, role)
        users = UserPartitions(setup, links, clock, self.app.commit_positions, watch)
        self._changelog = users.changelog
        self.sessions = Sessions(
            users.recovery,
            users.checkpointer,
            users.publisher,
            users.changelog,
            watch.health,
            watch.metrics,
            self.app.owner_lost,
        )
        tagger = Tagger(
            users.decoder,
            users.publisher,
            self.outgoing,
            watch.metrics,
            setup.partitions,
            setup.settings.dlq_max_ratio,
            self.sessions.lost,
            ask,
            traces,
        )
        self.app.serve(tagger.process, self.sessions, clock)

    def duties(self) -> Iterable[Coroutine[Any, Any, object]]:
        """What goes on as long as the worker lives: the first to end ends it."""
        yield self.sessions.keep(self._setup.settings.checkpoint_s)
        if self._setup.engine.program.counts is not None:
            yield keep_bands_told(
                self._setup.settings, self._metrics, lambda: 0 in self.sessions.held
            )

    async def close(self) -> None:
        """Closes the connections; nothing is flushed, for every write was awaited."""
        await self.outgoing.stop()
        await self._changelog.stop()
