"""What Kafka tells: the topics and how far each partition has been committed, and the workers.

A worker has two jobs at most, each with a consumer group of its own: that of users, and, where a
catalogue looks across users, that of contents.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka import TopicPartition
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
from agents.topics.manage import partition_counts
from agents.transport.changelog import reading

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

    @property
    def done(self) -> int:
        """How many records the group has committed."""
        return sum(offset or 0 for offset in self.committed)


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """One member of the consumer group, and the partitions that it owns."""

    client_id: str
    host: str
    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KafkaStatus:
    """The cluster as one of the two jobs sees it; `missing` names topics that do not exist."""

    brokers: int
    topics: tuple[TopicStatus, ...]
    missing: tuple[str, ...]
    group: str
    workers: tuple[WorkerStatus, ...]


async def ask_kafka(settings: Settings) -> KafkaStatus:
    """Of the job of users. Asks within ten seconds. Raises Unreachable."""
    names = Names.of(settings)
    with reaching(settings):
        async with asyncio.timeout(_PATIENCE_S), admin(settings) as client:
            ends = await _ends_of(settings, client, names.topics)
            return await _ask(client, names.topics, ends, names.group)


async def ask_contents(settings: Settings, *, wanted: bool) -> KafkaStatus | None:
    """Of the job of contents, if it is `wanted` or its topic has anything; as `ask_kafka`.

    Else nobody may have rights to its group, so that is not even asked about.
    """
    names = Names.of(settings)
    with reaching(settings):
        async with asyncio.timeout(_PATIENCE_S), admin(settings) as client:
            ends = await _ends_of(settings, client, (names.contents,))
            if not wanted and not any(map(any, ends.values())):
                return None
            return await _ask(client, (names.contents,), ends, names.contents_group)


async def _ask(
    client: AIOKafkaAdminClient,
    topics: Sequence[str],
    ends: Mapping[str, tuple[int, ...]],
    group: str,
) -> KafkaStatus:
    committed = await _committed(client, group)
    state, workers = await _workers(client, group, topics)
    return KafkaStatus(
        brokers=len((await client.describe_cluster())["brokers"]),
        topics=tuple(_topic(name, ends[name], committed) for name in ends),
        missing=tuple(name for name in topics if name not in ends),
        group=state,
        workers=workers,
    )


def _topic(
    name: str, ends: tuple[int, ...], committed: Mapping[TopicPartition, int]
) -> TopicStatus:
    places = [TopicPartition(name, number) for number in range(len(ends))]
    return TopicStatus(name, ends, tuple(map(committed.get, places)))


async def _ends_of(
    settings: Settings, client: AIOKafkaAdminClient, topics: Sequence[str]
) -> dict[str, tuple[int, ...]]:
    """Where the partitions of each of the topics end; without those that do not exist."""
    counts = await partition_counts(client)
    present = [name for name in topics if name in counts]
    places = {name: [TopicPartition(name, p) for p in range(counts[name])] for name in present}
    ends = await _ends(settings, [place for some in places.values() for place in some])
    return {name: tuple(ends[place] for place in some) for name, some in places.items()}


async def _ends(settings: Settings, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    if not places:  # and aiokafka's consumer, stopped at once, would cancel its own stop
        return {}
    async with reading(client_options(settings), places) as kafka:
        return dict(await kafka.end_offsets(places))


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
