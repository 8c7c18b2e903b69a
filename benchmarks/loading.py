"""Puts records into Kafka with the timestamps they ought to have, in large batches."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.murmur2 import murmur2

if TYPE_CHECKING:
    import asyncio

    from aiokafka.producer.message_accumulator import BatchBuilder

PARTITIONS = 4
_BATCH_BYTES = 128 * 1024  # as the peers were measured
_USERS = 1 << 20

# Record timestamps are the event times of 2025: with the default retention the broker would
# delete the records within minutes.
KEPT = {
    "message.timestamp.type": "CreateTime",
    "retention.ms": "-1",
    "max.message.bytes": str(4 << 20),
    "segment.bytes": str(1 << 30),
}


class Record(NamedTuple):
    """A record to be written; `timestamp` in epoch ms."""

    topic: str
    key: bytes
    value: bytes
    timestamp: int


@lru_cache(_USERS)
def partition_of(key: bytes) -> int:
    """Return the partition by Kafka's default rule; remembered, for hashing is slow in Python."""
    return (murmur2(key) & 0x7FFF_FFFF) % PARTITIONS


async def create_topics(kafka: str, topics: Mapping[str, Mapping[str, str]]) -> None:
    """Create topics with these configurations; they must not exist."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        new = [NewTopic(n, PARTITIONS, 1, topic_configs=dict(c)) for n, c in topics.items()]
        await admin.create_topics(new, timeout_ms=30_000)
    finally:
        await admin.close()


async def delete_topics(kafka: str, topics: Iterable[str]) -> None:
    """Delete topics that this benchmark made."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.delete_topics(list(topics))
    finally:
        await admin.close()


async def fill(kafka: str, records: Iterable[Record]) -> int:
    """Write all records, acknowledged, in order a partition; return how many there were."""
    # Uncompressed, as for the peers: nobody pays for unpacking.
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, enable_idempotence=True, max_batch_size=_BATCH_BYTES
    )
    await producer.start()
    try:
        filling = _Filling(producer)
        for record in records:
            if not filling.add(record):
                await filling.send(record)
        return await filling.finish()
    finally:
        await producer.stop()


class _Filling:
    """One open batch a partition."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._open: dict[tuple[str, int], BatchBuilder] = {}
        self._sent: list[asyncio.Future[object]] = []
        self._count = 0

    def add(self, record: Record) -> bool:
        """Put the record into its batch; False if there is no room."""
        place = record.topic, partition_of(record.key)
        batch = self._open.get(place)
        if batch is None:
            batch = self._open[place] = self._producer.create_batch()
        key, value, timestamp = record.key, record.value, record.timestamp
        if batch.append(key=key, value=value, timestamp=timestamp) is None:
            return False
        self._count += 1
        return True

    async def send(self, record: Record) -> None:
        """Hand over the full batch of this record, and begin the next with it."""
        await self._hand_over(record.topic, partition_of(record.key))
        self.add(record)

    async def finish(self) -> int:
        """Hand over what is left and wait for all acknowledgements."""
        for place in list(self._open):
            await self._hand_over(*place)
        for sent in self._sent:
            await sent
        return self._count

    async def _hand_over(self, topic: str, partition: int) -> None:
        batch = self._open.pop((topic, partition))
        batch.close()
        self._sent.append(await self._producer.send_batch(batch, topic, partition=partition))


async def ends(kafka: str, topics: Iterable[str]) -> dict[TopicPartition, int]:
    """Return the end offset of each partition of these topics."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=None)
    await consumer.start()
    try:
        places = [TopicPartition(topic, p) for topic in topics for p in range(PARTITIONS)]
        return dict(await consumer.end_offsets(places))
    finally:
        await consumer.stop()
