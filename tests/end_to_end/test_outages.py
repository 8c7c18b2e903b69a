"""Kafka or Redis gone in the middle of traffic: the worker waits, and goes on by itself."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.audit import audit
from tests.end_to_end.deployment import Deployment
from tests.end_to_end.test_exactly_once import Sender
from tests.servers import Kafka, RedisServer
from tests.servers.worker import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

AWAY_S = 30
MOST_MB = 400


def memory_mb(worker: Worker) -> float:
    """Resident memory of the process."""
    status = Path(f"/proc/{worker.child.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found is not None
    return int(found[1]) / 1024


def survives(
    kafka: Kafka,
    redis: RedisServer,
    lines: list[bytes],
    folder: Path,
    away: Callable[[], None],
    back: Callable[[], None],
) -> str:
    """Traffic, an outage in its middle, the end; returns what the worker logged."""
    deployment = Deployment(kafka.address, redis.url)
    worker = deployment.worker(TAGSTREAM_INSTANCE_ID="a")
    worker.start()
    first = Sender(deployment, lines[: len(lines) // 2], folder)
    first.start()
    time.sleep(1)
    first.finish()
    away()
    time.sleep(AWAY_S)
    assert memory_mb(worker) < MOST_MB
    back()
    Sender(deployment, lines[len(lines) // 2 :], folder).run()
    deployment.wait_until_applied(workers=[worker])
    worker.wait_until_ready()
    said = worker.text
    worker.stop()
    verdict = audit(deployment.settings)
    assert verdict.differences == []
    return said


def test_redis_frozen_for_thirty_seconds(
    own_kafka: Kafka, own_redis: RedisServer, mixed_events: list[bytes], tmp_path: Path
) -> None:
    """Its data is whole afterwards: the same run goes on, every change once."""
    said = survives(
        own_kafka, own_redis, mixed_events[:60_000], tmp_path, own_redis.pause, own_redis.resume
    )
    assert said.count("Redis is away") == 1
    assert said.count("Redis is back") == 1


def test_kafka_gone_for_thirty_seconds(
    own_kafka: Kafka, own_redis: RedisServer, mixed_events: list[bytes], tmp_path: Path
) -> None:
    """Checkpoints fail meanwhile; the partitions are taken again and nothing is lost or twice."""
    survives(own_kafka, own_redis, mixed_events[:60_000], tmp_path, own_kafka.stop, own_kafka.start)
