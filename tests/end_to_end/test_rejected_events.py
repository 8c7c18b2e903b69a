"""Every reason of a reject in the middle of good events, on a real Kafka and a real Redis."""

import asyncio
import json
import time
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from schemas.murmur2 import partition_of
from schemas.rejects import REASONS
from schemas.topics import INPUT_TOPICS
from tests.chaos.logs import read_logs
from tests.end_to_end.audit import audit
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

NOW = int(time.time() * 1000)
GOOD = {"source": "app", "type": "like", "user_id": "u1", "time": NOW - 1000}
MONEY = {"source": "bank", "type": "borrow", "user_id": "u1", "time": NOW - 1000, "amount": "10.50"}


def event(number: int, like: dict[str, Any] = GOOD, **changed: Any) -> bytes:
    """A good event, with some fields changed; None takes a field away."""
    fields = {"id": f"e{number}", **like, **changed}
    return json.dumps({k: v for k, v in fields.items() if v is not None}).encode()


BROKEN: dict[str, tuple[str, bytes]] = {
    "too_large": ("interactions", event(1, padding="x" * (256 << 10))),
    "not_json": ("interactions", b'{"id": "\xff"}'),
    "too_deep": ("interactions", event(3)[:-1] + b', "x": ' + b"[" * 40 + b"]" * 40 + b"}"),
    "unknown_type": ("interactions", event(4, type="dance")),
    "wrong_topic": ("profiles", event(5)),
    "missing_field": ("interactions", event(6, source=None)),
    "bad_field": ("interactions", event(7, duration_s=-1)),
    "bad_currency": ("transactions", event(8, MONEY, currency="USD")),
    "future_time": ("interactions", event(9, time=NOW + 3_600_000)),
}


async def send(
    deployment: Deployment, records: list[tuple[str, bytes, list[tuple[str, bytes]]]]
) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=deployment.settings.kafka, max_request_size=1 << 20
    )
    await producer.start()
    for topic, value, headers in records:
        await producer.send_and_wait(deployment.names.topic(topic), value, b"u1", headers=headers)
    await producer.stop()


def dead_letters(deployment: Deployment) -> list[Any]:
    """Everything in the dead-letter topics."""
    logs = read_logs(deployment.settings, deployment.names.dlqs)
    return [record for partition in logs for log in partition for record in log]


def test_each_reason_ends_in_the_dead_letters_and_every_good_event_is_applied(
    kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis
) -> None:
    assert BROKEN.keys() == set(REASONS), "a reason without a case here"
    deployment = Deployment(kafka.address, redis_server.url, TAGSTREAM_CLOCK="wall")
    own = [("x-trace", b"t1")]
    records: list[tuple[str, bytes, list[tuple[str, bytes]]]] = []
    for number, (topic, broken) in enumerate(BROKEN.values(), 100):
        records.append(("interactions", event(number), []))
        records.append((topic, broken, own))
    records.append(("transactions", event(200, MONEY), []))
    worker = deployment.worker()
    worker.start()
    asyncio.run(send(deployment, records))
    deployment.wait_until_applied(workers=[worker])
    metrics = worker.metrics()
    worker.stop()

    found = {dict(r.headers)["tagstream.reason"].decode(): r for r in dead_letters(deployment)}
    assert found.keys() == BROKEN.keys()
    home = partition_of("u1", deployment.partitions)
    for reason, (topic, broken) in BROKEN.items():
        record, headers = found[reason], dict(found[reason].headers)
        name = deployment.names.topic(topic)
        assert (record.topic, record.partition) == (f"{name}.dlq", home)
        assert (record.key, record.value, headers["x-trace"]) == (b"u1", broken, b"t1")
        assert headers["__streams.errors.topic"].decode() == name
        assert headers["__streams.errors.partition"].decode() == str(home)
        assert headers["__streams.errors.offset"].isdigit()
        assert headers["__streams.errors.message"]
        assert f'tagstream_dlq_total{{reason="{reason}",topic="{topic}"}} 1.0' in metrics
    good = len(BROKEN)
    assert f'tagstream_events_total{{outcome="applied",topic="interactions"}} {good}.0' in metrics
    verdict = audit(deployment.settings)
    assert verdict.differences == []
    assert verdict.events == good + 1


def test_an_event_in_the_wrong_partition_is_sent_on_once_and_applied_at_home(
    kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis
) -> None:
    """Also if the worker dies after sending on and before it published: the origin tells."""
    deployment = Deployment(kafka.address, redis_server.url)
    home = partition_of("u1", deployment.partitions)

    async def misplace() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=deployment.settings.kafka)
        await producer.start()
        for number in range(5):
            topic = deployment.names.topic(INPUT_TOPICS[0])
            wrong = (home + 1) % deployment.partitions
            await producer.send_and_wait(topic, event(number), b"u1", partition=wrong)
        await producer.stop()

    asyncio.run(misplace())
    worker = deployment.worker()
    worker.start()
    deployment.wait_until_applied(workers=[worker])
    deployment.wait_until_applied(workers=[worker])  # what was sent on is a new end to reach
    metrics = worker.metrics()
    worker.stop()
    assert 'outcome="forwarded",topic="interactions"} 5.0' in metrics
    assert 'outcome="applied",topic="repartition"} 5.0' in metrics
    verdict = audit(deployment.settings)
    assert verdict.differences == []
    assert verdict.events == 5
