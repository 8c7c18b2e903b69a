"""Sends events at an even pace, whatever becomes of them.

Arguments: Kafka, topic, type of the events, events a second, number of events. It never waits for
an acknowledgement, so a stall behind it is measured and not hidden. Prints one JSON object at the
end.
"""

import asyncio
import json
import sys
import time

import uvloop
from aiokafka import AIOKafkaProducer

from benchmarks.latency.stamp import stamped


async def run(kafka: str, topic: str, kind: str, rate: int, number: int) -> dict[str, float]:
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
            key, value = event(i, time.time_ns(), kind)
            acknowledged.append(await producer.send(topic, value, key))
        await asyncio.gather(*acknowledged)
    return {"sent": number, "behind_ms": behind * 1000}


def event(number: int, now_ns: int, kind: str = "visit") -> tuple[bytes, bytes]:
    """Return the first event of a new user: it gives them a tag. Its id begins with the time."""
    user = f"l{number:08d}"
    what = {"id": stamped(now_ns, number), "source": "bench", "type": kind, "user_id": user}
    return user.encode(), json.dumps({**what, "time": now_ns // 1_000_000}).encode()


if __name__ == "__main__":
    uvloop.install()
    kafka, topic, kind, *numbers = sys.argv[1:]
    said = asyncio.run(run(kafka, topic, kind, int(numbers[0]), int(numbers[1])))
    sys.stdout.write(json.dumps(said) + "\n")
