"""A tagstream of our own on the servers: names that nobody else uses, topics, a clean end.

The input is written once and shared by all runs; each run has an app id and a Redis prefix of
its own, so that it starts from nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from redis import Redis

from agents.names import Names
from agents.redis.keys import Keys
from agents.settings import PREFIX, Settings
from agents.topics.manage import ensure_topics
from benchmarks.loading import PARTITIONS, delete_topics
from benchmarks.servers import Servers
from tests.servers.worker import Worker

CATALOGUE = Path(__file__).parents[1] / "schemas" / "catalogue" / "tag_job.yaml"
_DELETED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Place:
    """Settings, names and keys of one run."""

    settings: Settings
    environment: dict[str, str]

    @property
    def names(self) -> Names:
        """Names of its topics."""
        return Names.of(self.settings)

    @property
    def keys(self) -> Keys:
        """Names of its Redis keys."""
        return Keys(self.settings.prefix)

    def worker(self, name: str) -> Worker:
        """Return a worker as a user would start it: `tagstream worker`, default settings."""
        return Worker(self.environment, name)


def settings_for(servers: Servers, topic_prefix: str, **more: str) -> dict[str, str]:
    """Return the environment of a run, by settings' names without the prefix."""
    unique = uuid4().hex[:8]
    return {
        "kafka": servers.kafka,
        "redis": servers.redis,
        "app_id": f"bench-{unique}",
        "prefix": f"bench{unique}",
        "topic_prefix": topic_prefix,
        "catalogue": str(CATALOGUE),
        "partitions": str(PARTITIONS),
        "metrics": "127.0.0.1:0",
        "log_level": "info",
        **more,
    }


@contextmanager
def place(servers: Servers, topic_prefix: str, **more: str) -> Iterator[Place]:
    """Return a place for one run; what it left behind goes at the end. Needs a loop: `prepare`."""
    given = settings_for(servers, topic_prefix, **more)
    environment = {PREFIX + name.upper(): value for name, value in given.items()}
    made = Place(Settings.load(**given), environment)
    try:
        yield made
    finally:
        forget_keys(made)


async def prepare(made: Place) -> None:
    """Create the topics that are missing."""
    await ensure_topics(made.settings)


async def forget_topics(made: Place) -> None:
    """Delete the topics of this run; the input stays."""
    names = made.names
    owned = [name for name in names.topics if name not in names.inputs]
    owned += [names.contents, names.contents_changelog, names.changelog]
    await delete_topics(made.settings.kafka, owned)


def forget_keys(made: Place) -> None:
    """Delete the keys of this run: the servers may be shared, so nothing is flushed."""
    with Redis.from_url(made.settings.redis) as redis:
        batch = []
        for key in redis.scan_iter(f"{made.settings.prefix}:*", count=_DELETED_AT_ONCE):
            batch.append(key)
            if len(batch) == _DELETED_AT_ONCE:
                redis.unlink(*batch)
                batch.clear()
        if batch:
            redis.unlink(*batch)
