"""An upgrade: every worker is replaced, one after the other, while events go on."""

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.demo.child import Child
from benchmarks.figures import percentile
from benchmarks.parts import begin
from benchmarks.place import CATALOGUE
from tests.end_to_end.deployment import Deployment
from tests.end_to_end.test_exactly_once import verdict_of
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer
from tests.servers.worker import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.long, pytest.mark.timeout(420)]

RATE, SECONDS, WORKERS, PARTITIONS = 5_000, 60, 4, 8
BETWEEN_S = 4.0
"""A pause after each, as `minReadySeconds` makes one."""
_ASSIGNED = re.compile(r"assigned partitions: ([0-9, ]+|none)")


@pytest.fixture
def deployment(kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis) -> Deployment:
    settings = {"TAGSTREAM_CATALOGUE": str(CATALOGUE), "TAGSTREAM_PARTITIONS": str(PARTITIONS)}
    return Deployment(kafka.address, redis_server.url, **settings)


@pytest.fixture
def workers(deployment: Deployment) -> Iterator[list[Worker]]:
    """Static members, all ready."""
    made = [deployment.worker(TAGSTREAM_INSTANCE_ID=f"w{n}") for n in range(WORKERS)]
    try:
        for worker in made:
            worker.launch()
        settled(made)
        yield made
    finally:
        for worker in made:
            worker.stop()


def settled(workers: list[Worker]) -> None:
    """Waits until each has its share and has restored it."""
    deadline = time.monotonic() + 90
    share = PARTITIONS // WORKERS
    while [len(partitions(worker)) for worker in workers] != [share] * len(workers):
        assert time.monotonic() < deadline, [worker.text[-500:] for worker in workers]
        time.sleep(0.2)
    for worker in workers:
        worker.wait_until_ready()


def assignments(worker: Worker) -> list[str]:
    """Every assignment that the worker was told since it was started."""
    return [found.strip() for found in _ASSIGNED.findall(worker.text)]


def partitions(worker: Worker) -> list[str]:
    """Those of the last."""
    last = assignments(worker)[-1:]
    return [p.strip() for p in last[0].split(",")] if last and last[0] != "none" else []


def load(deployment: Deployment, folder: Path) -> tuple[Child, Child]:
    """Who sends at an even pace, and who sees the changes come."""
    number = RATE * SECONDS
    streams = [deployment.keys.changes(p) for p in range(PARTITIONS)]
    settings = deployment.settings
    topic = deployment.names.topic("interactions")
    return (
        begin("latency.subscriber", folder, settings.redis, str(number), *streams),
        begin("latency.producer", folder, settings.kafka, topic, str(RATE), str(number)),
    )


def test_every_worker_is_replaced_under_load_and_nothing_is_lost_or_moved(
    deployment: Deployment, workers: list[Worker], tmp_path: Path
) -> None:
    """5,000 events/s, four workers; exact at the end, and each has what it had."""
    before = [partitions(worker) for worker in workers]
    subscriber, producer = load(deployment, tmp_path)
    moved = list[str]()
    gone = list[float]()
    try:
        time.sleep(BETWEEN_S)
        for place, worker in enumerate(workers):
            told = [len(assignments(other)) for other in workers]
            begun = time.monotonic()
            worker.stop()
            worker.start()
            gone.append(time.monotonic() - begun)
            time.sleep(BETWEEN_S)
            if partitions(worker) != before[place]:
                moved.append(f"{worker.child.name}: {before[place]} -> {partitions(worker)}")
            for other, count in zip(workers, told, strict=True):
                if other is not worker and len(assignments(other)) != count:
                    moved.append(f"{other.child.name} was told while {worker.child.name} restarted")
        wait_for(producer)
        deployment.wait_until_applied(workers=workers)
        wait_for(subscriber)
    finally:
        producer.stop()
        subscriber.stop()
    assert moved == []
    verdict = verdict_of(deployment)
    assert verdict.differences == []
    assert verdict.events == RATE * SECONDS
    tell(subscriber, gone)


def wait_for(child: Child) -> None:
    deadline = time.monotonic() + 3 * SECONDS
    while child.running:
        assert time.monotonic() < deadline, f"{child.name} does not end"
        time.sleep(0.2)


def tell(subscriber: Child, gone: list[float]) -> None:
    """The latencies, for docs/upgrading.md (`-s`): they say as much of the machine as of us."""
    seen = json.loads(subscriber.log.read_bytes())["seen"]
    ms = sorted((there - at) / 1e6 for at, there in seen)
    assert len(ms) == RATE * SECONDS
    shares = {share: round(percentile(ms, share)) for share in (0.5, 0.9, 0.95, 0.99)}
    away = [round(seconds, 1) for seconds in gone]
    sys.stdout.write(f"\nms by share {shares}, max {ms[-1]:.0f}; restarts took {away} s\n")
