"""The client for programs without asyncio: the same questions, answered when the call returns.

A thread of its own runs the event loop, so that any number of threads may ask.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from threading import Thread
from typing import Any, Self, TypeVar

from agents.redis.client import TagClient
from agents.redis.news import News, Position
from agents.redis.stream import Received, Start
from agents.redis.tags import Tags
from schemas.alerts import Alert
from schemas.changes import TagChange, Why
from streams.communities import Counts

T = TypeVar("T")


class BlockingTagClient:
    """`TagClient` without `await`; see there.

    >>> def is_active(user_id: str) -> bool:
    ...     with TagClient.blocking("redis://127.0.0.1:6379/0") as client:
    ...         tags = client.tags(user_id) or {}
    ...         return "activity" in tags and tags["activity"].value == "active"
    """

    def __init__(
        self,
        redis: str = "redis://127.0.0.1:6379/0",
        *,
        prefix: str = "tagstream",
        **options: Any,
    ) -> None:
        self._client = TagClient(redis, prefix=prefix, **options)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="tagstream", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and end the thread."""
        if not self._thread.is_alive():
            return
        self._ask(self._loop.shutdown_asyncgens())
        self._ask(self._client.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def tags(self, user_id: str) -> Tags | None:
        """Return the tags of a user; None for a user who has none (or is not known)."""
        return self._ask(self._client.tags(user_id))

    def tags_of(self, users: Sequence[str]) -> dict[str, Tags | None]:
        """Return the tags of many users, in one round trip to each server."""
        return self._ask(self._client.tags_of(users))

    def why(self, user_id: str) -> dict[str, Why] | None:
        """Why a user has each tag."""
        return self._ask(self._client.why(user_id))

    def communities(self) -> Counts:
        """See `TagClient.communities`."""
        return self._ask(self._client.communities())

    def follow(self, after: Mapping[int, Position] | None = None) -> Iterator[News]:
        """Tell all tags of all users, and then every change."""
        return self._each(self._client.follow(after))

    def changes(self, from_seq: Start = "now") -> Iterator[Received[TagChange]]:
        """Yield changes of all partitions; waits for more, without end."""
        return self._each(self._client.changes(from_seq))

    def alerts(self, from_seq: Start = "now") -> Iterator[Received[Alert]]:
        """Yield alerts of all partitions; waits for more, without end."""
        return self._each(self._client.alerts(from_seq))

    def _each(self, items: AsyncIterator[T]) -> Iterator[T]:
        while True:
            yield self._ask(_next(items))

    def _ask(self, question: Coroutine[Any, Any, T]) -> T:
        answer = asyncio.run_coroutine_threadsafe(question, self._loop)
        try:
            return answer.result()
        except BaseException:
            answer.cancel()  # Ctrl-C in a caller that waits
            raise


async def _next(items: AsyncIterator[T]) -> T:
    return await anext(items)
