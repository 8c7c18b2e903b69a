"""The ends of streams: where the latest entries begin, and the latest changes of one user."""

from collections.abc import Callable
from typing import Any, cast

from agents.redis.client import TagClient
from agents.redis.news import Position
from agents.redis.server import Meta
from schemas.changes import TagChange, decode_change, encode_value
from schemas.murmur2 import partition_of

_ENTRIES_A_READ = 1_000
_LOOK_BACK = 5_000  # entries; a stream has no index by user


async def recent_changes(client: TagClient, user_id: str, limit: int) -> list[TagChange]:
    """Return at most `limit` changes, the latest first. Raises AWAY.

    Only those among the last 5,000 of the partition are found.
    """
    stream = client.keys.changes(partition_of(user_id, await client.partitions()))
    redis, found, until = await client.redis(), list[TagChange](), "+"
    told = encode_value({"user_id": user_id})[1:-1]  # as it stands in the JSON
    for _ in range(_LOOK_BACK // _ENTRIES_A_READ):
        page = cast("Any", await redis.xrevrange(stream, until, "-", count=_ENTRIES_A_READ))
        for _, fields in page:
            if told in fields[b"data"]:
                change = decode_change(fields[b"data"])
                if change.user_id == user_id:
                    found.append(change)
        if len(found) >= limit or len(page) < _ENTRIES_A_READ:
            break
        until = f"({page[-1][0].decode()}"
    return found[:limit]


async def before_the_latest(
    client: TagClient, key: Callable[[int], str], last: Callable[[Meta], int], count: int
) -> dict[int, Position]:
    """Return for each partition's stream the position before its `count` latest entries.

    With 0 its end. Raises AWAY.
    """
    metas = await client.metas()
    at = {p: Position(meta.run or "", last(meta)) for p, meta in metas.items()}
    if count:
        pipeline = (await client.redis()).pipeline(transaction=False)
        for partition, end in at.items():
            pipeline.xrevrange(key(partition), f"{end.seq}-0", "-", count=count)
        answers = await pipeline.execute()
        at |= {p: _before(at[p], page) for p, page in zip(at, answers, strict=True) if page}
    return at


def _before(end: Position, page: Any) -> Position:
    """Return the position before the first of these entries, which come last one first."""
    return Position(end.run, int(page[-1][0].partition(b"-")[0]) - 1)
