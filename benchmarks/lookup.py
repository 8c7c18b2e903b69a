"""What a lookup costs a downstream service, on a real Redis of its own.

    python -m benchmarks.lookup [--users 2000] [--lookups 10000]

Users with 20 tags each. Prints how long `TagClient.tags` takes beside a raw HGETALL on the same
connection, turn by turn, and how many lookups a second of the client's CPU pays for, one by one
and pipelined by hundreds.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import TypeVar

from redis.asyncio import Redis

from agents.redis.client import TagClient
from schemas.changes import encode_value
from schemas.murmur2 import partition_of
from tests.servers import RedisServer

T = TypeVar("T")
PARTITIONS, TAGS, AT_ONCE = 4, 20, 100


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; the medians in milliseconds, the rest in lookups a CPU second."""

    raw_ms: float
    client_ms: float
    raw: float
    one_by_one: float
    pipelined: float

    @property
    def over_raw_ms(self) -> float:
        """What the client adds to a raw HGETALL."""
        return self.client_ms - self.raw_ms


async def measure(url: str, users: int, lookups: int) -> Figures:
    """Fill a Redis and look up."""
    redis = Redis.from_url(url)
    async with redis, TagClient(redis) as client:
        keys = await fill(redis, client, users)
        names = list(keys)
        asked = [names[n % users] for n in range(lookups)]
        await client.tags(asked[0])

        async def raw(user: str) -> object:
            return await redis.hgetall(keys[user])

        raw_ms, client_ms = await in_turns(raw, client.tags, asked)
        return Figures(
            raw_ms,
            client_ms,
            await a_cpu_second(raw, asked, 1),
            await a_cpu_second(client.tags, asked, 1),
            await a_cpu_second(
                client.tags_of,
                [asked[n : n + AT_ONCE] for n in range(0, lookups, AT_ONCE)],
                AT_ONCE,
            ),
        )


async def fill(redis: Redis, client: TagClient, users: int) -> dict[str, str]:
    """Write users with their tags; return the key of each."""
    await redis.hset(client.keys.meta, "partitions", PARTITIONS)
    names = [f"user-{n:06}" for n in range(users)]
    keys = {name: client.keys.user(partition_of(name, PARTITIONS), name) for name in names}
    tag = encode_value({"value": "highly_active", "since": 1_760_000_000_000, "seq": 1_234_567})
    for key in keys.values():
        await redis.hset(key, mapping={f"some_tag_{n}": tag for n in range(TAGS)})
    return keys


async def in_turns(
    one: Callable[[str], Awaitable[object]],
    other: Callable[[str], Awaitable[object]],
    asked: Sequence[str],
) -> tuple[float, float]:
    """Return the median time of each in milliseconds; what disturbs one disturbs the other."""
    took: tuple[list[float], list[float]] = ([], [])
    for user in asked:
        for ask, times in zip((one, other), took, strict=True):
            began = perf_counter()
            await ask(user)
            times.append((perf_counter() - began) * 1000)
    return sorted(took[0])[len(asked) // 2], sorted(took[1])[len(asked) // 2]


async def a_cpu_second(
    ask: Callable[[T], Awaitable[object]], asked: Sequence[T], lookups_each: int
) -> float:
    """Return how many lookups a second of this process' CPU is enough for."""
    began = process_time()
    for what in asked:
        await ask(what)
    return len(asked) * lookups_each / (process_time() - began)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=2_000)
    parser.add_argument("--lookups", type=int, default=10_000)
    given = parser.parse_args(arguments)
    with RedisServer() as server:
        found = asyncio.run(measure(server.url, given.users, given.lookups))
    lines = (
        f"{TAGS} tags a user, {given.lookups:,} lookups",
        _line("raw HGETALL", found.raw_ms, found.raw, ""),
        _line("tags(user)", found.client_ms, found.one_by_one, "to reach: 7,000"),
        _line("tags_of(100)", None, found.pipelined, "to reach: 15,000"),
        f"tags over raw     p50 {found.over_raw_ms:6.3f} ms   (to reach: 0.3)",
    )
    print("\n".join(lines))  # noqa: T201 - this is what it is for


def _line(what: str, ms: float | None, a_cpu_second: float, goal: str) -> str:
    time = f"p50 {ms:6.3f} ms" if ms is not None else ""
    return f"{what:<16}  {time:<13}  {a_cpu_second:9,.0f} a CPU second   {goal}".rstrip()


if __name__ == "__main__":
    main()
