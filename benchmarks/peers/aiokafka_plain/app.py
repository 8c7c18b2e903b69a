"""The ceiling: fetch, decode, count a user's events in a dictionary. No tags, nothing durable."""

import asyncio
import os

import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer

from benchmarks.peers.probe import N, Probe


class Event(msgspec.Struct):
    """What the tag job needs of an event."""

    type: str
    user_id: str
    time: int
    amount: float | None = None


async def run() -> None:
    """Read all input once."""
    probe, decode = Probe(), msgspec.json.Decoder(Event).decode
    counts: dict[str, int] = {}
    async with AIOKafkaConsumer(
        os.environ["BENCH_IN"],
        bootstrap_servers=os.environ["BENCH_KAFKA"],
        group_id=os.environ["BENCH_GROUP"],
        auto_offset_reset="earliest",
        max_poll_records=5_000,
    ) as consumer:
        while probe.records < N:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                probe.begin()
                for record in records:
                    user = decode(record.value).user_id
                    counts[user] = counts.get(user, 0) + 1
                probe.outputs = len(counts)
                probe.seen(len(records))


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(run())
