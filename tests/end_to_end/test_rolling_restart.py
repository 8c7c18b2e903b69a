"""An upgrade: every worker is replaced, one after the other, while events go on."""

import asyncio
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agents.demo.child import Child
from benchmarks.figures import percentile
from benchmarks.latency.producer import A_NEW_ONE_IN
from benchmarks.parts import begin, said
from benchmarks.place import CATALOGUE
from tests.end_to_end.audit import audit
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer
from tests.servers.worker import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.long, pytest.mark.timeout(1_800)]

RATE, SECONDS, WORKERS, PARTITIONS = 5_000, 500, 2, 8
MEMBERS = 49_999  # no multiple of ten: each has their turn
BETWEEN_S = 230.0
"""A pause after each, as `minReadySeconds` makes one: docs/upgrading.md says why so long."""
_CHANGES = RATE * SECONDS // A_NEW_ONE_IN + MEMBERS
_WARM_UP_S = 25  # in these all members get their first tag: no even sample of the events
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


@contextmanager
def load(deployment: Deployment, folder: Path) -> Iterator[tuple[Child, Child]]:
    """Who sees the changes come, and who sends at an even pace."""
    settings, number = deployment.settings, str(RATE * SECONDS)
    streams = [deployment.keys.changes(p) for p in range(PARTITIONS)]
    where = settings.kafka, deployment.names.topic("interactions")
    what = "visit", str(RATE), number, str(MEMBERS)
    children = (
        begin("latency.subscriber", folder, settings.redis, str(_CHANGES), *streams),
        begin("latency.producer", folder, *where, *what),
    )
    try:
        yield children
    finally:
        for child in children:
            child.stop()


def test_every_worker_is_replaced_under_load_and_nothing_is_lost_or_moved(
    deployment: Deployment, workers: list[Worker], tmp_path: Path
) -> None:
    """5,000 events/s; exact at the end, and each has what it had."""
    with load(deployment, tmp_path) as (subscriber, producer):
        time.sleep(BETWEEN_S / 10)
        gone, moved = replace_all(workers)
        end_of(producer)
        deployment.wait_until_applied(workers=workers)
        seen = end_of(subscriber)["seen"]
    assert moved == []
    verdict = audit(deployment.settings)
    assert verdict.differences == []
    assert verdict.events == RATE * SECONDS
    tell(seen, gone)


def replace_all(workers: list[Worker]) -> tuple[list[float], list[str]]:
    """Restarts one after the other; how long each was away, and what was disturbed by it."""
    gone, moved = list[float](), list[str]()
    for worker in workers:
        had = partitions(worker)
        told = [len(assignments(other)) for other in workers]
        begun = time.monotonic()
        worker.stop()
        worker.start()
        gone.append(time.monotonic() - begun)
        time.sleep(BETWEEN_S)
        if partitions(worker) != had:
            moved.append(f"{worker.child.name}: {had} -> {partitions(worker)}")
        for other, count in zip(workers, told, strict=True):
            if other is not worker and len(assignments(other)) != count:
                moved.append(f"{other.child.name} was told while {worker.child.name} restarted")
    return gone, moved


def end_of(child: Child) -> Any:
    """What a process said at its end."""
    return asyncio.run(said(child, 3.0 * SECONDS))


def tell(seen: list[tuple[int, int]], gone: list[float]) -> None:
    """The latencies, for docs/upgrading.md (`-s`): they say as much of the machine as of us."""
    assert len(seen) == _CHANGES
    warm = min(at for at, _ in seen) + _WARM_UP_S * 1_000_000_000
    ms = sorted((there - at) / 1e6 for at, there in seen if at >= warm)
    shares = {share: round(percentile(ms, share)) for share in (0.5, 0.9, 0.95, 0.99)}
    away = [round(seconds, 1) for seconds in gone]
    sys.stdout.write(f"\nms by share {shares}, max {ms[-1]:.0f}; restarts took {away} s\n")
