"""A connection of its own for each partition: none waits while Redis answers another."""

from collections.abc import Callable

from agents.redis.connection import connection_options
from agents.redis.link import Link
from agents.settings import Settings


class Links:
    """The connections of one worker; `make` makes one, when a partition first asks for it."""

    def __init__(self, make: Callable[[], Link]) -> None:
        self._make = make
        self._links: dict[int, Link] = {}

    def of(self, partition: int) -> Link:
        """The connection of a partition; it connects at its first call."""
        link = self._links.get(partition)
        if link is None:
            link = self._links[partition] = self._make()
        return link

    async def interrupt(self) -> None:
        """Breaks off the calls under way, as if the connections had failed."""
        for link in self._links.values():
            await link.interrupt()

    async def close(self) -> None:
        """Closes all of them."""
        for link in self._links.values():
            await link.close()


def links_of(settings: Settings) -> Links:
    """Connections to the Redis of these settings; none is made yet."""
    options = connection_options(settings)
    return Links(lambda: Link(settings.redis, **options))
