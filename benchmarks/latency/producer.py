"""Sends events at an even pace, whatever becomes of them.

Arguments: Kafka, topic, type of the events, events a second, number of events, and of how many
members nine in ten of them are (none: all are of new users). It never waits for an acknowledgement,
so a stall behind it is measured and not hidden. Prints one JSON object at the end.
"""

import asyncio
import json
import sys
import time

import uvloop
from aiokafka import AIOKafkaProducer

from benchmarks.latency.stamp import stamped

A_NEW_ONE_IN = 10
"""Events, where the others are of members."""


async def run(
    kafka: str, topic: str, kind: str, rate: int, number: int, members: int = 0
) -> dict[str, float]:
    """Send them all; return how many, and how far the pace was ever missed."""
    behind = 0.0
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, enable_idempotence=True, linger_ms=0
    ) as producer:
        acknowledged = []
        begin = time.perf_counter()
        for i in range(number):
            due = begin + i / rate
            while (early := due - time.perf_counter()) > 0:  # noqa: ASYNC110 - until a time, no event
                await asyncio.sleep(early)
            behind = max(behind, -early)
            now_ns = time.time_ns()
            old = members and i % A_NEW_ONE_IN
            key, value = by_member(i, now_ns, members) if old else event(i, now_ns, kind)
            acknowledged.append(await producer.send(topic, value, key))
        await asyncio.gather(*acknowledged)
    return {"sent": number, "behind_ms": behind * 1000}


def event(number: int, now_ns: int, kind: str = "visit") -> tuple[bytes, bytes]:
    """Return the first event of a new user: it gives them a tag. Its id begins with the time."""
    return _event(f"l{number:08d}", number, now_ns, kind)


def by_member(number: int, now_ns: int, members: int) -> tuple[bytes, bytes]:
    """Return an event of one of so many members, by turns, that changes no tag but their first."""
    return _event(f"m{number % members:08d}", number, now_ns, "view")


def _event(user: str, number: int, now_ns: int, kind: str) -> tuple[bytes, bytes]:
    what = {"id": stamped(now_ns, number), "source": "bench", "type": kind, "user_id": user}
    return user.encode(), json.dumps({**what, "time": now_ns // 1_000_000}).encode()


if __name__ == "__main__":
    uvloop.install()
    kafka, topic, kind, *numbers = sys.argv[1:]
    said = asyncio.run(run(kafka, topic, kind, *map(int, numbers)))
    sys.stdout.write(json.dumps(said) + "\n")
