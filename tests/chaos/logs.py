"""Whole topics, read back from Kafka once all is over."""

import asyncio
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.names import Names
from agents.settings import Settings
from tests.end_to_end.audit import Logs, read_logs

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_topics(settings: Settings) -> list[Logs]:
    """All records of the topics with events, by partition and topic index."""
    return asyncio.run(read_logs(settings, settings.partitions))


def read_changelogs(settings: Settings) -> list[list[Any]]:
    """All records of the changelog, by partition."""
    return asyncio.run(_read(settings, Names.of(settings).changelog))


async def _read(settings: Settings, topic: str) -> list[list[Any]]:
    logs: list[list[Any]] = [[] for _ in range(settings.partitions)]
    kafka = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, group_id=None, auto_offset_reset="earliest"
    )
    await kafka.start()
    try:
        tps: Sequence[TopicPartition] = [TopicPartition(topic, p) for p in range(len(logs))]
        ends = await kafka.end_offsets(tps)
        kafka.assign(tps)
        await kafka.seek_to_beginning(*tps)
        while any([await kafka.position(tp) < ends[tp] for tp in tps]):
            for tp, records in (await kafka.getmany(timeout_ms=200)).items():
                logs[tp.partition] += records
    finally:
        await kafka.stop()
    return logs
