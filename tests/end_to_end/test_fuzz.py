"""Spoiled events on a real worker: each is counted once, and it goes on."""

import asyncio
import re

import pytest
from aiokafka import AIOKafkaProducer

from agents.commands import run
from tests.agents.mutated import spoiled
from tests.end_to_end.deployment import Deployment
from tests.end_to_end.test_rejected_events import dead_letters
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

EVENTS = 600
_COUNTED = re.compile(r'^tagstream_events_total\{outcome="(\w+)",.*\} ([0-9.]+)$', re.MULTILINE)


async def send(deployment: Deployment) -> None:
    """All of them, to the topics that they are meant for."""
    producer = AIOKafkaProducer(
        bootstrap_servers=deployment.settings.kafka, max_request_size=1 << 20
    )
    await producer.start()
    try:
        for seed in range(1_000_000, 1_000_000 + EVENTS):
            topic, value, headers = spoiled(seed)
            name = deployment.names.topic(topic)
            await producer.send(name, value, b"u1", headers=list(headers))
        await producer.flush()
    finally:
        await producer.stop()


def test_a_worker_takes_spoiled_events_or_puts_them_aside(
    kafka: Kafka | GivenKafka,
    redis_server: RedisServer | GivenRedis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it counts is what was sent, what it rejected is in the dead letters, Redis is right."""
    deployment = Deployment(
        kafka.address, redis_server.url, TAGSTREAM_PARTITIONS="1", TAGSTREAM_CLOCK="wall"
    )
    for name, value in deployment.environment.items():
        monkeypatch.setenv(name, value)
    worker = deployment.worker()
    worker.start()
    asyncio.run(send(deployment))
    deployment.wait_until_applied(workers=[worker])
    counted = {"applied": 0.0, "rejected": 0.0}
    for outcome, number in _COUNTED.findall(worker.metrics()):
        counted[outcome] = counted.get(outcome, 0.0) + float(number)
    assert sum(counted.values()) == EVENTS
    assert min(counted.values()) > 0
    assert len(dead_letters(deployment)) == counted["rejected"]
    assert run(["verify"]) == 0
    assert worker.ready()
    worker.stop()
    assert "Traceback" not in worker.text
