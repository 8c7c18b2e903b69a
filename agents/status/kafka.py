"""What Kafka tells: the topics and how far each partition has been committed, and the workers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import (
    CoordinatorNotAvailableError,
    GroupCoordinatorNotAvailableError,
    NotCoordinatorForGroupError,
)

from agents.kafka_client import admin, client_options, reaching
from agents.names import Names
from agents.settings import Settings

_PATIENCE_S = 10.0
_NO_GROUP_YET = (
    CoordinatorNotAvailableError,
    GroupCoordinatorNotAvailableError,
    NotCoordinatorForGroupError,
)


@dataclass(frozen=True, slots=True)
class TopicStatus:
    """One topic: by partition, the end of the log and what the group has committed (or None)."""

    name: str
    ends: tuple[int, ...]
    committed: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """One member of the consumer group, and the partitions of the tag job that it owns."""

    client_id: str
    host: str
    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KafkaStatus:
    """The cluster as the tag job sees it; `missing` names topics that do not exist."""

    brokers: int
    topics: tuple[TopicStatus, ...]
    missing: tuple[str, ...]
    group: str
    workers: tuple[WorkerStatus, ...]


async def ask_kafka(settings: Settings) -> KafkaStatus:
    """Asks within ten seconds. Raises Unreachable."""
    with reaching(settings):
        async with asyncio.timeout(_PATIENCE_S), admin(settings) as client:
            return await _ask(settings, client)


async def _ask(settings: Settings, client: AIOKafkaAdminClient) -> KafkaStatus:
    wanted = Names.of(settings).topics
    counts = {t["topic"]: len(t["partitions"]) for t in await client.describe_topics()}
    present = [name for name in wanted if name in counts]
    places = [TopicPartition(name, number) for name in present for number in range(counts[name])]
    ends = await _ends(settings, places)
    committed = await _committed(client, settings.app_id)
    group, workers = await _workers(client, settings.app_id, wanted)
    return KafkaStatus(
        brokers=len((await client.describe_cluster())["brokers"]),
        topics=tuple(_topic(name, counts[name], ends, committed) for name in present),
        missing=tuple(name for name in wanted if name not in counts),
        group=group,
        workers=workers,
    )


def _topic(
    name: str, count: int, ends: dict[TopicPartition, int], committed: dict[TopicPartition, int]
) -> TopicStatus:
    places = [TopicPartition(name, number) for number in range(count)]
    return TopicStatus(
        name, tuple(map(ends.__getitem__, places)), tuple(map(committed.get, places))
    )


async def _ends(settings: Settings, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    if not places:  # and aiokafka's consumer, stopped at once, would cancel its own stop
        return {}
    consumer = AIOKafkaConsumer(**client_options(settings))
    try:
        await consumer.start()
        return dict(await consumer.end_offsets(places))
    finally:
        await consumer.stop()


async def _committed(client: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    try:
        offsets = await client.list_consumer_group_offsets(group)
    except _NO_GROUP_YET:  # a cluster on which nobody has ever committed
        return {}
    return {place: value.offset for place, value in offsets.items() if value.offset >= 0}


async def _workers(
    client: AIOKafkaAdminClient, group: str, topics: Sequence[str]
) -> tuple[str, tuple[WorkerStatus, ...]]:
    """Return the state of the group, and its members."""
    try:
        [answer] = await client.describe_consumer_groups([group])
    except _NO_GROUP_YET:
        return "Dead", ()
    _, _, state, _, _, members, *_ = answer.groups[0]
    return state, tuple(
        WorkerStatus(client_id, host.lstrip("/"), _owned(assignment, topics))
        for _, client_id, host, _, assignment, *_ in members
    )


def _owned(assignment: bytes, topics: Sequence[str]) -> tuple[int, ...]:
    if not assignment:  # the group is being distributed anew
        return ()
    assigned = ConsumerProtocolMemberAssignment.decode(assignment).assignment
    return tuple(sorted({p for topic, parts in assigned if topic in topics for p in parts}))
