"""How far the workers have come in each partition: for rates, and to see that a clock stands."""

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from agents.redis.client import TagClient


class Progress(Struct, frozen=True):
    """One partition: `clock` in ms (None before the first event), `events` passed so far.

    `events` and `alerts` only grow within a `run`; what counts is by how much.
    """

    run: str
    clock: int | None
    alerts: int
    events: int


async def progress(client: TagClient, topics: Sequence[str]) -> list[Progress]:
    """Ask once; `topics` are the full names of those whose events count. Raises AWAY."""
    pipeline = (await client.redis()).pipeline(transaction=False)
    fields = ("run", "clock", "alert_seq", *(f"pos:{topic}" for topic in topics))
    for partition in range(await client.partitions()):
        pipeline.hmget(client.keys.partition_meta(partition), *fields)
    return [_progress(answer) for answer in await pipeline.execute()]


def _progress(answer: Sequence[bytes | None]) -> Progress:
    run, clock, alerts, *positions = answer
    return Progress(
        run=(run or b"").decode(),
        clock=int(clock) if clock and int(clock) >= 0 else None,
        alerts=int(alerts or 0),
        events=sum(int(position or 0) for position in positions),
    )


async def catalogue_in_force(client: TagClient) -> str | None:
    """Return `name@version` of what the workers decide by. Raises AWAY."""
    redis = await client.redis()
    found = cast("bytes | None", await redis.hget(client.keys.meta, "catalogue"))
    return None if found is None else found.decode()
