"""The client of services that read tags: look them up, ask why, follow changes and alerts.

Needs nothing but Redis (one server, a cluster, or Sentinels); imports neither Faust nor Kafka.
Lookups raise what redis-py raises when the server is away; whatever follows waits for it.
`NothingPublished` where no worker has written yet.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from redis.exceptions import ConnectionError as RedisConnectionError

from agents.errors import FoundWrong
from agents.redis.communities import read_communities
from agents.redis.deployment import AnyRedis, Deployment, find
from agents.redis.follow import Follower
from agents.redis.keys import Keys
from agents.redis.merging import merged
from agents.redis.news import Away, End, News, Position
from agents.redis.server import Meta, Reading
from agents.redis.stream import Kind, Received, Start, StreamReader
from agents.redis.tags import Fields, Tags, reasons_in, tags_in
from agents.stopping import cancel_until_done
from schemas.alerts import Alert, decode_alert
from schemas.changes import TagChange, Why, decode_change
from schemas.murmur2 import partition_of
from streams.communities import Counts

if TYPE_CHECKING:
    from agents.redis.blocking import BlockingTagClient
    from agents.settings import Settings

T = TypeVar("T")


class NothingPublished(FoundWrong):
    """No worker has written to this Redis under this prefix."""


class TagClient:
    """Reads what the workers publish.

    `redis` is the URL of any server of the deployment, or a client of redis-py's: `Redis`,
    `RedisCluster`, or what `Sentinel.master_for` returns. Connects at the first question.

    >>> async def is_active(user_id: str) -> bool:
    ...     async with TagClient("redis://127.0.0.1:6379/0") as client:
    ...         tags = await client.tags(user_id) or {}
    ...         return "activity" in tags and tags["activity"].value == "active"
    """

    def __init__(
        self,
        redis: str | AnyRedis = "redis://127.0.0.1:6379/0",
        *,
        prefix: str = "tagstream",
        **options: Any,
    ) -> None:
        """`options` are those of redis-py's connections, beside a URL: `password`, `ssl_...`."""
        self.keys = Keys(prefix)
        self._redis, self._options = redis, options
        self._deployment: Deployment | None = None
        self._finding = asyncio.Lock()
        self._partitions: int | None = None
        self._reading: set[asyncio.Task[None]] = set()

    @classmethod
    def of(cls, settings: "Settings") -> Self:
        """Return the client under these settings."""
        from agents.redis.connection import connection_options  # noqa: PLC0415 - pydantic: heavy

        return cls(settings.redis, prefix=settings.prefix, **connection_options(settings))

    @staticmethod
    def blocking(
        redis: str = "redis://127.0.0.1:6379/0", *, prefix: str = "tagstream", **options: Any
    ) -> "BlockingTagClient":
        """Return the same client for programs without asyncio."""
        from agents.redis.blocking import BlockingTagClient  # noqa: PLC0415 - few need it

        return BlockingTagClient(redis, prefix=prefix, **options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; what is still followed ends first, or it would connect anew."""
        await cancel_until_done(self._reading)
        if self._deployment is not None:
            await self._deployment.aclose()

    async def partitions(self) -> int:
        """How many partitions the users are spread over; asked once, it never changes."""
        if self._partitions is None:
            lookups = (await self._found()).lookups
            count = cast("bytes | None", await lookups.hget(self.keys.meta, "partitions"))
            if count is None:
                raise NothingPublished(
                    f"no worker has published to this Redis yet: it has no {self.keys.meta!r}; "
                    "see TAGSTREAM_REDIS and TAGSTREAM_PREFIX"
                )
            self._partitions = int(count)
        return self._partitions

    async def metas(self) -> dict[int, Meta]:
        """Return where each partition stands."""
        found = dict[int, Meta]()
        for lane, reach in await self._lanes():
            found |= await (await reach()).metas(lane)
        return found

    async def redis(self) -> AnyRedis:
        """Return the client of redis-py that lookups go through, for what has no method here."""
        return (await self._found()).lookups

    # lookups

    async def tags(self, user_id: str) -> Tags | None:
        """Return the tags of a user by name; None for a user who has none (or is not known)."""
        key = self.keys.user(partition_of(user_id, await self.partitions()), user_id)
        return tags_in(await self._hash(key)) or None

    async def tags_of(self, users: Sequence[str]) -> dict[str, Tags | None]:
        """Return the tags of many users, in one round trip to each server."""
        partitions = await self.partitions()
        pipeline = (await self._found()).lookups.pipeline(transaction=False)
        for user_id in users:
            pipeline.hgetall(self.keys.user(partition_of(user_id, partitions), user_id))
        answers = cast("list[Fields]", await pipeline.execute())
        return {
            user_id: tags_in(fields) or None for user_id, fields in zip(users, answers, strict=True)
        }

    async def why(self, user_id: str) -> dict[str, Why] | None:
        """Why a user has each tag: the rule that held and what it looked at; None as above."""
        key = self.keys.why(partition_of(user_id, await self.partitions()), user_id)
        return reasons_in(await self._hash(key)) or None

    async def communities(self) -> Counts:
        """Return the counts of every community, by field (docs/consumers.md), over all users."""
        partitions, deployment = await self.partitions(), await self._found()
        return await read_communities(deployment.lookups, self.keys, partitions)

    async def _hash(self, key: str) -> Fields:
        deployment = self._deployment or await self._found()
        return cast("Fields", await deployment.lookups.hgetall(key))

    # subscriptions

    async def follow(self, after: Mapping[int, Position] | None = None) -> AsyncGenerator[News]:
        """Tell all tags of all users, and then every change, with no gap and no repeat.

        For each partition a snapshot comes first and its changes behind it; where changes were
        missed, a new snapshot. `News` has what is told; `Mirror` is an example of its use. With
        `after`, the positions that were told in an earlier life, partitions go on from there
        (a snapshot if that is no longer possible). Waits for Redis whenever it is away.
        """
        followers = [
            Follower(reach, self.keys, lane, after or {}).news()
            for lane, reach in await self._lanes()
        ]
        async for news in merged(followers, self._reading):
            yield news

    async def snapshot(self) -> AsyncIterator[News]:
        """Tell all tags of all users once: `follow` until every partition has come to its end.

        Raises ConnectionError if Redis is away meanwhile.
        """
        missing = set(range(await self.partitions()))
        async with aclosing(self.follow()) as following:
            async for news in following:
                if isinstance(news, Away):
                    raise RedisConnectionError(news.error)
                yield news
                if isinstance(news, End):
                    missing.discard(news.partition)
                if not missing:
                    return

    def changes(self, from_seq: Start = "now") -> AsyncIterator[Received[TagChange]]:
        """Return changes of all partitions, in order within each; waits for more, without end."""
        return self._read(Kind(self.keys.changes, lambda meta: meta.seq, decode_change), from_seq)

    def alerts(self, from_seq: Start = "now") -> AsyncIterator[Received[Alert]]:
        """Alerts of all partitions, in order within each; waits for more, without end."""
        return self._read(
            Kind(self.keys.alerts, lambda meta: meta.alert_seq, decode_alert), from_seq
        )

    async def _read(self, kind: Kind[T], start: Start) -> AsyncIterator[Received[T]]:
        readers = [
            StreamReader(reach, kind, lane, start).entries() for lane, reach in await self._lanes()
        ]
        async for entry in merged(readers, self._reading):
            yield entry

    async def _lanes(self) -> "list[tuple[Sequence[int], _Reach]]":
        """Return the partitions that can be read together, and how to find their server."""
        partitions, deployment = await self.partitions(), await self._found()
        return [(lane, _Reach(deployment, lane[0])) for lane in deployment.lanes(partitions)]

    async def _found(self) -> Deployment:
        async with self._finding:  # many may ask their first question at once
            if self._deployment is None:
                self._deployment = await find(self._redis, self.keys, **self._options)
        return self._deployment


class _Reach:
    """Finds the server of a lane, by its first partition."""

    def __init__(self, deployment: Deployment, partition: int) -> None:
        self._deployment, self._partition = deployment, partition

    async def __call__(self) -> Reading:
        return await self._deployment.server(self._partition)
