"""What Redis tells: the server, the catalogue in force, and each partition's progress."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from agents.redis.connection import connect, reaching_redis
from agents.redis.keys import Keys
from agents.settings import Settings

_POSITION = "pos:"


@dataclass(frozen=True, slots=True)
class PartitionStatus:
    """One partition as it was last published; `clock` in ms, -1 before the first event.

    `positions`: next offset by full topic name. `building`: a new run is being written.
    """

    partition: int
    seq: int
    alert_seq: int
    clock: int
    run: str
    building: bool
    positions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RedisStatus:
    """The server, and what the workers have published; no catalogue before they have."""

    server: str
    used_memory: int
    catalogue: str | None
    partitions: tuple[PartitionStatus, ...]


async def ask_redis(settings: Settings) -> RedisStatus:
    """Asks in three round trips. Raises Unreachable."""
    keys, redis = Keys(settings.prefix), connect(settings)
    with reaching_redis(settings):
        async with redis:
            info = await redis.info()
            meta = _text(await redis.hgetall(keys.meta))
            pipeline = redis.pipeline(transaction=False)
            for partition in range(int(meta.get("partitions", 0))):
                pipeline.hgetall(keys.partition_meta(partition))
            metas = map(_text, await pipeline.execute())
    return RedisStatus(
        server=_server(info),
        used_memory=int(info["used_memory"]),
        catalogue=meta.get("catalogue"),
        partitions=tuple(_partition(number, fields) for number, fields in enumerate(metas)),
    )


def _server(info: Mapping[str, object]) -> str:
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info['redis_version']}"


def _partition(number: int, fields: Mapping[str, str]) -> PartitionStatus:
    return PartitionStatus(
        partition=number,
        seq=int(fields.get("seq", 0)),
        alert_seq=int(fields.get("alert_seq", 0)),
        clock=int(fields.get("clock", -1)),
        run=fields.get("run", ""),
        building="building" in fields,
        positions={
            name.removeprefix(_POSITION): int(value)
            for name, value in fields.items()
            if name.startswith(_POSITION)
        },
    )


def _text(answer: object) -> dict[str, str]:
    fields = cast("Mapping[bytes, bytes]", answer)  # redis-py decodes nothing here
    return {name.decode(): value.decode() for name, value in fields.items()}
