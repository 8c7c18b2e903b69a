"""Whole topics, read back from Kafka once all is over, and merged in the slow, obvious way.

So that a fault in the worker's transport cannot hide in its own code.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.settings import Settings

Logs = list[list[Any]]
"""Records of one partition, by topic index."""


def read_logs(settings: Settings, topics: Sequence[str]) -> list[Logs]:
    """All records of these topics, by partition and place in `topics`."""
    return asyncio.run(_read(settings, topics))


async def _read(settings: Settings, topics: Sequence[str]) -> list[Logs]:
    logs: list[Logs] = [[[] for _ in topics] for _ in range(settings.partitions)]
    kafka = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, group_id=None, auto_offset_reset="earliest"
    )
    await kafka.start()
    try:
        tps = [TopicPartition(topic, p) for topic in topics for p in range(settings.partitions)]
        ends = await kafka.end_offsets(tps)
        kafka.assign(tps)
        await kafka.seek_to_beginning(*tps)
        while any([await kafka.position(tp) < ends[tp] for tp in tps]):
            for tp, records in (await kafka.getmany(timeout_ms=200)).items():
                logs[tp.partition][topics.index(tp.topic)] += records
    finally:
        await kafka.stop()
    return logs


def oldest_heads_first(logs: Logs, ranges: Sequence[Sequence[int]]) -> Iterator[tuple[int, Any]]:
    """CONTRACT 4: of all heads the one with the older timestamp, ties in topic order."""
    heads = [_stretch(log, *stretch) for log, stretch in zip(logs, ranges, strict=True)]
    at = [0] * len(heads)
    while True:
        left = [(heads[t][i].timestamp, t) for t, i in enumerate(at) if i < len(heads[t])]
        if not left:
            return
        _, topic = min(left)
        yield topic, heads[topic][at[topic]]
        at[topic] += 1


def _stretch(log: list[Any], first: int, until: int) -> list[Any]:
    """Records with offsets in a range; the test topics have no gaps."""
    base = log[0].offset if log else 0
    return log[max(0, first - base) : max(0, until - base)]
