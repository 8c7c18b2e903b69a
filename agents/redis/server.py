"""What readers ask of one Redis server, in plain values: the only place that knows the replies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError

from agents.redis.keys import Keys
from agents.redis.tags import Fields

AWAY = (RedisError, OSError, TimeoutError)
"""Whatever keeps a server from answering: gone, loading, moved elsewhere. Worth asking again."""

Entries = Sequence[tuple[int, bytes]]
"""Entries of a stream: number and JSON."""

_ENTRIES_A_READ = 1000
_KEYS_A_SCAN = 500  # half of them are `why` hashes; a transaction of 250 users takes Redis 1 ms


@dataclass(frozen=True, slots=True)
class Meta:
    """A partition as its workers left it; `run` is None where none has published yet."""

    run: str | None
    seq: int
    alert_seq: int
    run_seq: int
    building: bool


class Reading(Protocol):
    """The questions; `Server` asks a real one, tests have their own. All raise AWAY."""

    async def metas(self, partitions: Sequence[int]) -> Mapping[int, Meta]:
        """Return where each partition stands."""

    async def wait(
        self, after: Mapping[str, int], block_ms: int | None
    ) -> Sequence[tuple[str, Entries]]:
        """Return what the streams have behind these numbers, waiting for some if need be."""

    async def span(self, stream: str, after: int, until: int) -> Entries:
        """Return the entries in (after, until] that are kept."""

    async def scan(self, cursor: int, match: str) -> tuple[int, Sequence[bytes]]:
        """Return the next keys and the cursor for more; cursor 0: begin, and at the end."""

    async def read(
        self, partitions: Sequence[int], keys: Sequence[bytes]
    ) -> tuple[Mapping[int, Meta], Sequence[Fields]]:
        """Return metas and hashes as they are at one and the same instant."""

    async def identity(self) -> str | None:
        """Return which server this is and what it holds; None while keys move to another."""


class Server:
    """One server, by redis-py. In a cluster: for the keys of one slot that it holds."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self.redis, self._keys = redis, keys

    async def metas(self, partitions: Sequence[int]) -> Mapping[int, Meta]:
        """See Reading."""
        pipeline = self.redis.pipeline(transaction=False)
        self._ask_metas(pipeline, partitions)
        return _metas(partitions, await pipeline.execute())

    async def wait(
        self, after: Mapping[str, int], block_ms: int | None
    ) -> Sequence[tuple[str, Entries]]:
        """See Reading."""
        streams: dict[Any, Any] = {stream: f"{seq}-0" for stream, seq in after.items()}
        answer: Any = await self.redis.xread(streams, count=_ENTRIES_A_READ, block=block_ms)
        if isinstance(answer, dict):  # a client of the caller's that speaks RESP3
            return [(name.decode(), _entries(part)) for name, (part,) in answer.items()]
        return [(name.decode(), _entries(part)) for name, part in answer]

    async def span(self, stream: str, after: int, until: int) -> Entries:
        """See Reading."""
        found: list[tuple[int, bytes]] = []
        while after < until:
            page = _entries(
                await self.redis.xrange(stream, f"({after}-0", f"{until}-0", count=_ENTRIES_A_READ)
            )
            if not page:
                break
            found += page
            after = page[-1][0]
        return found

    async def scan(self, cursor: int, match: str) -> tuple[int, Sequence[bytes]]:
        """See Reading."""
        answer = await self.redis.scan(cursor, match=match, count=_KEYS_A_SCAN)
        return cast("tuple[int, Sequence[bytes]]", answer)

    async def read(
        self, partitions: Sequence[int], keys: Sequence[bytes]
    ) -> tuple[Mapping[int, Meta], Sequence[Fields]]:
        """See Reading."""
        pipeline = self.redis.pipeline(transaction=True)
        self._ask_metas(pipeline, partitions)
        for key in keys:
            pipeline.hgetall(cast("str", key))  # redis-py takes bytes, its types do not say so
        answers = await pipeline.execute()
        return _metas(partitions, answers), cast("list[Fields]", answers[len(partitions) :])

    async def identity(self) -> str | None:
        """See Reading. Where we may not ask (INFO is denied), every server looks the same."""
        try:
            info = await self.redis.info("server")
        except NoPermissionError:
            return ""
        if mode_in(info) != "cluster":
            return str(info["run_id"])
        nodes: Mapping[str, Mapping[str, Any]] = await self.redis.cluster("NODES")
        mine = next(node for node in nodes.values() if "myself" in str(node["flags"]))
        return None if mine["migrations"] else f"{info['run_id']} {mine['slots']}"

    def _ask_metas(self, pipeline: Any, partitions: Iterable[int]) -> None:
        for partition in partitions:
            pipeline.hmget(self._keys.partition_meta(partition), *_META)


def mode_in(info: Mapping[str, Any]) -> str:
    """Return `standalone`, `cluster` or `sentinel`; Redis and Valkey name the field differently."""
    return str(info.get("redis_mode") or info.get("server_mode") or "standalone")


_META = ("run", "seq", "alert_seq", "run_seq", "building")


def _metas(partitions: Sequence[int], answers: Sequence[Any]) -> dict[int, Meta]:
    return {
        partition: _meta(answer) for partition, answer in zip(partitions, answers, strict=False)
    }


def _meta(answer: Sequence[bytes | None]) -> Meta:
    run, seq, alert_seq, run_seq, building = answer
    return Meta(
        run=run.decode() if run else None,
        seq=int(seq or 0),
        alert_seq=int(alert_seq or 0),
        run_seq=int(run_seq or 0),
        building=building is not None,
    )


def _entries(answer: Any) -> list[tuple[int, bytes]]:
    return [(int(entry.partition(b"-")[0]), fields[b"data"]) for entry, fields in answer]
