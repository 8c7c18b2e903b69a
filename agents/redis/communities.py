"""Reads the counts of communities and adds them up over the partitions; no user is looked at."""

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

from agents.redis.keys import Keys
from streams.communities import Counts, add

_AT_ONCE = 500  # hashes asked for in one round trip


async def read_communities(redis: Any, keys: Keys, partitions: int) -> Counts:
    """The counts of every community, over all partitions; `redis` is a client of redis-py."""
    counts: Counts = {}
    for partition in range(partitions):
        index = keys.communities(partition)
        names = [name.decode() async for name in _members(redis, index)]
        waiting = iter(names)
        while some := list(islice(waiting, _AT_ONCE)):
            for name, fields in zip(some, await _hashes(redis, keys, partition, some), strict=True):
                add(counts, {name: {f.decode(): int(number) for f, number in fields.items()}})
    return {name: fields for name, fields in counts.items() if fields}


def _members(redis: Any, index: str) -> AsyncIterator[bytes]:
    return cast("AsyncIterator[bytes]", redis.sscan_iter(index, count=1_000))


async def _hashes(
    redis: Any, keys: Keys, partition: int, names: Sequence[str]
) -> list[Mapping[bytes, bytes]]:
    pipeline = redis.pipeline(transaction=False)
    for name in names:
        pipeline.hgetall(keys.community(partition, name))
    return cast("list[Mapping[bytes, bytes]]", await pipeline.execute())
