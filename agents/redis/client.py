"""The client of services that read tags: look them up, ask why, follow changes and alerts.

Needs nothing but Redis; imports neither Faust nor Kafka. All methods raise what redis-py
raises when the server is away, and `NothingPublished` when no worker has written yet.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Self, TypeVar, cast

from msgspec import Struct
from msgspec.json import Decoder
from redis.asyncio import Redis

from agents.errors import FoundWrong
from agents.redis.connection import connect
from agents.redis.keys import Keys
from agents.settings import Settings
from schemas.alerts import Alert, decode_alert
from schemas.changes import TagChange, TagValue, Why, decode_change
from schemas.murmur2 import partition_of

Start = Literal["start", "now"] | Mapping[int, int]
"""Where to begin reading: all that is kept, only what comes, or after a seq of each partition.

A partition that the mapping does not name is read from the start: nothing of it was seen yet.
"""

# What redis-py answers when it decodes nothing; its own types allow for text as well.
Fields = Mapping[bytes, bytes]
Entry = tuple[bytes, Fields]

T = TypeVar("T")
_ENTRIES_A_READ = 1000
_BLOCK_MS = 1000  # below redis-py's socket timeout of 5 s


class NothingPublished(FoundWrong):
    """No worker has written to this Redis under this prefix."""


class Tag(Struct, frozen=True):
    """One tag of a user: since when (epoch ms) and by which change of the partition."""

    value: TagValue
    since: int
    seq: int


@dataclass(frozen=True, slots=True)
class Received(Generic[T]):
    """One entry of a partition's stream.

    `skipped` counts the sequence numbers between this entry and the one before: above 0 the
    stream was trimmed behind us or a new run began, and only a snapshot tells all the tags.
    """

    partition: int
    seq: int
    value: T
    raw: bytes
    skipped: int


_decode_tag = Decoder(Tag).decode
_decode_why = Decoder(Why).decode


class TagClient:
    """Reads what the workers publish.

    >>> async def is_active(user_id: str) -> bool:
    ...     async with TagClient("redis://127.0.0.1:6379/0") as client:
    ...         tags = await client.tags(user_id) or {}
    ...         return "activity" in tags and tags["activity"].value == "active"
    """

    def __init__(
        self, redis: str | Redis = "redis://127.0.0.1:6379/0", *, prefix: str = "tagstream"
    ) -> None:
        self.redis = Redis.from_url(redis) if isinstance(redis, str) else redis
        self.keys = Keys(prefix)
        self._partitions: int | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the client under these settings."""
        return cls(connect(settings), prefix=settings.prefix)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self.redis.aclose()

    async def partitions(self) -> int:
        """How many partitions the users are spread over; asked once, it never changes."""
        if self._partitions is None:
            count = await self.redis.hget(self.keys.meta, "partitions")
            if count is None:
                raise NothingPublished(
                    f"no worker has published to this Redis yet: it has no {self.keys.meta!r}; "
                    "see TAGSTREAM_REDIS and TAGSTREAM_PREFIX"
                )
            self._partitions = int(count)
        return self._partitions

    async def tags(self, user_id: str) -> dict[str, Tag] | None:
        """Return the tags of a user by name; None for a user who has none (or is not known)."""
        partition = partition_of(user_id, await self.partitions())
        fields = await self.redis.hgetall(self.keys.user(partition, user_id))
        return _tags(cast("Fields", fields))

    async def tags_of(self, users: Sequence[str]) -> dict[str, dict[str, Tag] | None]:
        """Return the tags of many users, in one round trip."""
        partitions = await self.partitions()
        pipeline = self.redis.pipeline(transaction=False)
        for user_id in users:
            pipeline.hgetall(self.keys.user(partition_of(user_id, partitions), user_id))
        return dict(zip(users, map(_tags, await pipeline.execute()), strict=True))

    async def why(self, user_id: str) -> dict[str, Why] | None:
        """Why a user has each tag: the rule that held and what it looked at; None as above."""
        partition = partition_of(user_id, await self.partitions())
        answer = await self.redis.hgetall(self.keys.why(partition, user_id))
        fields = cast("Fields", answer)
        return {name.decode(): _decode_why(why) for name, why in fields.items()} or None

    def changes(self, start: Start = "now") -> AsyncIterator[Received[TagChange]]:
        """Return changes of all partitions, in order within each; waits for more, without end."""
        return self._follow(self.keys.changes, start, decode_change)

    def alerts(self, start: Start = "now") -> AsyncIterator[Received[Alert]]:
        """Alerts of all partitions, in order within each; waits for more, without end."""
        return self._follow(self.keys.alerts, start, decode_alert)

    async def _follow(
        self, key: Callable[[int], str], start: Start, decode: Callable[[bytes], T]
    ) -> AsyncIterator[Received[T]]:
        keys = {key(partition): partition for partition in range(await self.partitions())}
        seen = [await self._begin(stream, partition, start) for stream, partition in keys.items()]
        while True:
            after = {stream: f"{seen[partition]}-0" for stream, partition in keys.items()}
            for stream, entries in await self._read(after):
                partition = keys[stream.decode()]
                for entry_id, fields in entries:
                    seq, raw = _seq(entry_id), fields[b"data"]
                    skipped = seq - seen[partition] - 1
                    seen[partition] = seq
                    yield Received(partition, seq, decode(raw), raw, skipped)

    async def _read(self, after: Mapping[str, str]) -> list[tuple[bytes, list[Entry]]]:
        """Wait for entries beyond these ids; nothing after a while is an answer too."""
        answer = await self.redis.xread(dict(after.items()), count=_ENTRIES_A_READ, block=_BLOCK_MS)
        return cast("list[tuple[bytes, list[Entry]]]", answer)

    async def _begin(self, stream: str, partition: int, start: Start) -> int:
        """Return the seq after which to read a partition."""
        if start == "now":
            last = cast("list[Entry]", await self.redis.xrevrange(stream, count=1))
            return _seq(last[0][0]) if last else 0
        return 0 if start == "start" else start.get(partition, 0)


def _tags(fields: Fields) -> dict[str, Tag] | None:
    return {name.decode(): _decode_tag(tag) for name, tag in fields.items()} or None


def _seq(entry_id: bytes) -> int:
    return int(entry_id.partition(b"-")[0])
