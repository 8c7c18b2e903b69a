"""Tests of the test servers themselves: what every other test builds on."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway

from tests.servers import GivenKafka, GivenRedis, Kafka, Namespace, RedisServer

ROOT = Path(__file__).parents[2]


async def create(address: str, topic: str) -> None:
    """One topic with one partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()


async def produce(address: str, topic: str, value: bytes) -> None:
    """One record, acknowledged."""
    async with AIOKafkaProducer(bootstrap_servers=address, enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, value)


async def read_one(address: str, topic: str) -> bytes:
    """The first record of a topic."""
    async with AIOKafkaConsumer(bootstrap_servers=address) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_beginning()
        record = await asyncio.wait_for(consumer.getone(), 20)
        assert record.value is not None
        return bytes(record.value)


@pytest.mark.kafka
async def test_the_shared_kafka_keeps_what_is_produced(
    kafka: Kafka | GivenKafka, namespace: Namespace
) -> None:
    """An idempotent producer and a consumer work on it."""
    topic = namespace.topic_prefix + "things"
    await create(kafka.address, topic)
    await produce(kafka.address, topic, b"one")
    assert await read_one(kafka.address, topic) == b"one"


@pytest.mark.kafka
async def test_a_killed_kafka_comes_back_at_the_same_address_with_its_records(
    own_kafka: Kafka,
) -> None:
    """What was acknowledged is there after SIGKILL and start."""
    await create(own_kafka.address, "things")
    await produce(own_kafka.address, "things", b"kept")
    own_kafka.kill()
    assert not own_kafka.child.running
    own_kafka.start()
    assert await read_one(own_kafka.address, "things") == b"kept"


@pytest.mark.redis
def test_the_shared_redis_answers(
    redis_server: RedisServer | GivenRedis, namespace: Namespace
) -> None:
    """A value written is read back."""
    with Redis.from_url(redis_server.url) as redis:
        redis.set(namespace.prefix, "here")
        assert redis.get(namespace.prefix) == b"here"


@pytest.mark.redis
def test_a_redis_answers_on_its_socket_too(own_redis: RedisServer) -> None:
    """`unix_url` leads to the same data as `url`."""
    with Redis.from_url(own_redis.url) as tcp, Redis.from_url(own_redis.unix_url) as unix:
        tcp.set("a", "1")
        assert unix.get("a") == b"1"


@pytest.mark.redis
def test_a_redis_that_ends_has_lost_its_data(own_redis: RedisServer) -> None:
    """A restart is a Redis that lost everything, at the same address."""
    with Redis.from_url(own_redis.url) as redis:
        redis.set("a", "1")
        own_redis.stop()
        with pytest.raises(RedisAway):
            redis.get("a")
        own_redis.start()
        assert redis.get("a") is None


@pytest.mark.redis
def test_a_durable_redis_keeps_its_data_over_a_kill() -> None:
    """With durable=True the append-only file brings everything back."""
    with RedisServer(durable=True) as server, Redis.from_url(server.url) as redis:
        redis.set("a", "1")
        server.kill()
        server.start()
        assert redis.get("a") == b"1"


@pytest.mark.redis
def test_a_flushed_redis_is_empty(own_redis: RedisServer) -> None:
    """`flush` deletes all data while the server runs on."""
    with Redis.from_url(own_redis.url) as redis:
        redis.set("a", "1")
        own_redis.flush()
        assert redis.dbsize() == 0


@pytest.mark.redis
def test_a_server_runs_outside_pytest_and_ends_with_its_program() -> None:
    """`python -m tests.servers redis` prints the address, serves, and cleans up on SIGTERM."""
    command = [sys.executable, "-m", "tests.servers", "redis"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        with Redis.from_url(url) as redis:
            assert redis.ping()
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 0
        with Redis.from_url(url) as redis, pytest.raises(RedisAway):
            redis.ping()


def test_a_namespace_is_never_given_twice() -> None:
    """Two tests share a server without meeting."""
    one, other = Namespace.fresh(), Namespace.fresh()
    assert {one.app_id, one.topic_prefix, one.prefix}.isdisjoint(
        {other.app_id, other.topic_prefix, other.prefix}
    )


NEEDS_KAFKA = f"{__file__}::{test_the_shared_kafka_keeps_what_is_produced.__name__}"


def pytest_without_java(nothing: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one test that needs Kafka in an environment where no program can be found."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", NEEDS_KAFKA]
    environment["PATH"] = str(nothing)
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_a_missing_kafka_is_skipped_with_a_loud_line(tmp_path: Path) -> None:
    """Without Java the run is green, and its summary says what it did not test."""
    done = pytest_without_java(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "TESTS SKIPPED, missing: Kafka" in done.stdout
    assert "1 skipped" in done.stdout


def test_a_missing_kafka_fails_where_it_is_required(tmp_path: Path) -> None:
    """TAGSTREAM_REQUIRE_KAFKA=1, as in CI, turns the skip into a failure that says why."""
    done = pytest_without_java(tmp_path, TAGSTREAM_REQUIRE_KAFKA="1")
    assert done.returncode == 1, done.stdout
    assert "needs a Java runtime" in done.stdout
