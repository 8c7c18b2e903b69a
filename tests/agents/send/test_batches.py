"""Tests of agents/send/batches.py, on a real Kafka."""

from hashlib import shake_128

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner

from agents.errors import Unreachable
from agents.kafka_client import producer
from agents.send.batches import Batches
from agents.settings import Settings
from agents.topics.manage import ensure_topics, input_partitions
from tests.servers import GivenKafka, Kafka, Namespace

pytestmark = pytest.mark.kafka
PARTITIONS = 3
Record = tuple[bytes | None, bytes, tuple[tuple[str, bytes], ...]]


@pytest.fixture
def here(kafka: Kafka | GivenKafka, namespace: Namespace) -> Settings:
    """Settings of this test's own topics."""
    return Settings.load(
        kafka=kafka.address, topic_prefix=namespace.topic_prefix, partitions=PARTITIONS
    )


async def records(settings: Settings, topic: str) -> list[list[Record]]:
    """Everything in the topic, by partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka)
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: list[list[Record]] = [[] for _ in places]
        while any(len(found[place.partition]) < ends[place] for place in places):
            for place, new in (await consumer.getmany(timeout_ms=100)).items():
                found[place.partition] += [(r.key, r.value, tuple(r.headers)) for r in new]
        return found
    finally:
        await consumer.stop()


async def test_every_record_is_in_the_partition_of_kafkas_default_partitioner_in_order(
    here: Settings,
) -> None:
    """More than one batch's worth of them."""
    await ensure_topics(here)
    topic = f"{here.topic_prefix}interactions"
    filler = b"x" * 2_000
    sent: list[Record] = [
        (f"u{number % 50}".encode(), b"%d %s" % (number, filler), (("n", b"%d" % number),))
        for number in range(2_000)
    ]
    async with producer(here) as kafka:
        batches = Batches(kafka, await input_partitions(here))
        for key, value, headers in sent:
            while not batches.add(topic, key, value, headers):
                await batches.make_room()
        await batches.flush()
    choose, numbers = DefaultPartitioner(), list(range(PARTITIONS))
    assert await records(here, topic) == [
        [record for record in sent if choose(record[0], numbers, numbers) == partition]
        for partition in range(PARTITIONS)
    ]


async def test_a_record_without_key_goes_to_the_first_partition(here: Settings) -> None:
    """Anywhere would do; the same place each time is easier to find."""
    await ensure_topics(here)
    topic = f"{here.topic_prefix}profiles"
    async with producer(here) as kafka:
        batches = Batches(kafka, PARTITIONS)
        assert batches.add(topic, None, b"{}")
        await batches.flush()
    assert await records(here, topic) == [[(None, b"{}", ())], [], []]


async def test_what_kafka_refuses_is_raised(here: Settings) -> None:
    """Nothing is lost without a word."""
    await ensure_topics(here)
    noise = shake_128(b"noise").digest(2_000_000)  # which does not compress
    async with producer(here) as kafka:
        batches = Batches(kafka, PARTITIONS)
        assert batches.add(f"{here.topic_prefix}profiles", b"u", noise)
        with pytest.raises(MessageSizeTooLargeError):
            await batches.flush()


async def test_a_broker_that_goes_away_is_told_in_time_and_the_producer_can_be_closed(
    own_kafka: Kafka, namespace: Namespace
) -> None:
    """An idempotent producer retries for ever, and would wait for ever at its end."""
    here = Settings.load(kafka=own_kafka.address, topic_prefix=namespace.topic_prefix, partitions=3)
    await ensure_topics(here)
    with pytest.raises(Unreachable, match=own_kafka.address):
        await _send_to_a_dead_broker(here, own_kafka)


async def _send_to_a_dead_broker(here: Settings, broker: Kafka) -> None:
    async with producer(here) as kafka:
        batches = Batches(kafka, PARTITIONS, ack_s=0.5)
        broker.kill()
        assert batches.add(f"{here.topic_prefix}profiles", b"u", b"{}")
        await batches.flush()
