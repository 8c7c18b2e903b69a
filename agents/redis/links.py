"""A connection of its own for each partition: none waits while Redis answers another."""

from typing import Any

from agents.redis.link import Link


class Links:
    """The connections of one worker, made when first asked for. `options`: as `Link` takes them."""

    def __init__(self, url: str, **options: Any) -> None:
        self._url, self._options = url, options
        self._links: dict[int, Link] = {}

    def of(self, partition: int) -> Link:
        """The connection of a partition; it connects at its first call."""
        link = self._links.get(partition)
        if link is None:
            link = self._links[partition] = Link(self._url, **self._options)
        return link

    async def close(self) -> None:
        """Closes all of them."""
        for link in self._links.values():
            await link.close()
