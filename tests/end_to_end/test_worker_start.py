"""What an operator gets wrong: one clear line, its exit code, no traceback."""

import asyncio
import json
import socket
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from schemas.records import with_epoch
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]


@pytest.fixture
def deployment(kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis) -> Deployment:
    return Deployment(kafka.address, redis_server.url)


def refused(deployment: Deployment, code: int, **settings: str) -> str:
    """What a worker says that does not start; it must leave with this code."""
    deployment.environment |= settings
    done = deployment.run("worker", check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("server", "address"), [("Redis", "redis://127.0.0.1:1/0"), ("Kafka", "127.0.0.1:1")]
)
def test_a_server_that_does_not_answer_is_named_with_its_setting(
    deployment: Deployment, server: str, address: str
) -> None:
    setting = f"TAGSTREAM_{server.upper()}"
    said = refused(deployment, 3, **{setting: address})
    assert f"{server} does not answer at {address}" in said
    assert setting in said


def test_missing_topics_are_named_with_the_remedy(deployment: Deployment) -> None:
    said = refused(deployment, 2, TAGSTREAM_TOPIC_PREFIX="nowhere.")
    assert "nowhere.interactions" in said
    assert "tagstream topics" in said


def test_another_number_of_partitions_than_set_is_named(deployment: Deployment) -> None:
    said = refused(deployment, 2, TAGSTREAM_PARTITIONS="7")
    assert "TAGSTREAM_PARTITIONS" in said


def test_a_broken_catalogue_is_told_with_line_and_column(
    deployment: Deployment, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("catalogue: x\nversion: 1\nmeasures:\n  a: {cuont: [like]}\n")
    said = refused(deployment, 2, TAGSTREAM_CATALOGUE=str(broken))
    assert f"{broken}:4:" in said
    assert "count" in said


def test_a_metrics_port_in_use_is_named(deployment: Deployment) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = refused(deployment, 2, TAGSTREAM_METRICS=address)
    assert f"TAGSTREAM_METRICS={address}" in said


def test_a_redis_of_another_deployment_is_not_overwritten(deployment: Deployment) -> None:
    with deployment.redis() as redis:
        redis.hset(deployment.keys.meta, mapping={"partitions": "64", "format": "1"})
    said = refused(deployment, 2)
    assert "partitions=64" in said
    assert "TAGSTREAM_PREFIX" in said


def test_rows_that_nothing_describes_are_named_and_left_alone(deployment: Deployment) -> None:
    """Format 1, and not of this catalogue: what the fields mean is known to nobody."""
    golden = Path(__file__).parents[1] / "streams" / "golden" / "format_1.json"
    row = bytes.fromhex(json.loads(golden.read_text(encoding="utf-8"))["rows"]["u1"])

    async def write() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=deployment.settings.kafka)
        await producer.start()
        topic = deployment.names.changelog
        await producer.send_and_wait(topic, with_epoch(0, row), b"u1", partition=0)
        await producer.stop()

    asyncio.run(write())
    said = refused(deployment, 2)
    assert "another catalogue" in said
    assert "TAGSTREAM_APP_ID" in said
