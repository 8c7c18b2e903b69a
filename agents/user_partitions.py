"""What takes, fences and checkpoints partitions of users: for the worker, and for `rebuild`."""

from agents.announcing import about
from agents.checkpoint import Checkpointer, Commit
from agents.clock import WallClock
from agents.observer import Observer
from agents.recovery.adopting import Adopting
from agents.recovery.new_run import NewRun
from agents.recovery.take import Recovery
from agents.redis.fenced import Fenced
from agents.redis.keys import Keys
from agents.redis.links import Links
from agents.redis.owned import Owned
from agents.redis.publisher import Publisher
from agents.redis.run_writer import RunWriter
from agents.setup import Setup
from agents.transport.changelog import Changelog
from agents.transport.sources import Sources
from schemas.decode import Decoder


class UserPartitions:
    """The parts that the steps of docs/reliability.md name, connected with each other."""

    def __init__(
        self, setup: Setup, links: Links, clock: WallClock, commit: Commit, observer: Observer
    ) -> None:
        settings, engine, names = setup.settings, setup.engine, setup.names
        self.decoder = Decoder(engine.catalogue.currency)
        self.changelog = Changelog(names.changelog, setup.kafka, clock)
        keys, fenced = Keys(settings.prefix), Fenced(links, observer.redis_away)
        self.publisher = Publisher(fenced, keys, names.topics, settings.stream_length)
        trim = None if settings.journal_keep else self.publisher.trim
        self.checkpointer = Checkpointer(
            self.changelog, commit, engine.catalogue.id, trim, observer.checkpointed
        )
        writer, owned = RunWriter(fenced, keys, names.topics, about(setup)), Owned(fenced, keys)
        self.recovery = Recovery(
            engine,
            self.decoder,
            self.publisher,
            self.changelog,
            Sources(names.topics, setup.kafka),
            Adopting(engine, self.publisher, owned, self.changelog, self.checkpointer),
            NewRun(writer, self.checkpointer),
            names.topics,
            setup.me,
            observer.restoring,
        )
