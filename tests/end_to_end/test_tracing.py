"""Traces of a real worker, sent to a collector as an operator would set it up."""

import asyncio
import json

import pytest
from aiokafka import AIOKafkaProducer

from schemas.murmur2 import partition_of
from tests.end_to_end.collector import Collector, values
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

USERS = [f"somebody-{number}" for number in range(40)]
TRACE = 0x0AF7651916CD43DD8448EB211C80319C
LONG_AFTER_THE_TEST = "3600000"


def post(number: int) -> bytes:
    event = {"id": f"post-{number}", "source": "the-app", "type": "post", "time": 1_800_000_000_000}
    return json.dumps({**event, "user_id": USERS[number], "content": "what-was-said"}).encode()


async def produce(deployment: Deployment) -> None:
    """One record of each user; every second one in the producer's trace, as span 1, 3, 5 ..."""
    producer = AIOKafkaProducer(bootstrap_servers=deployment.settings.kafka)
    await producer.start()
    try:
        for number, user in enumerate(USERS):
            context = f"00-{TRACE:032x}-{number:016x}-01".encode()
            await producer.send(
                deployment.names.inputs[0],
                post(number),
                user.encode(),
                partition=partition_of(user, deployment.partitions),
                headers=[("traceparent", context)] if number % 2 else [],
            )
        await producer.flush()
    finally:
        await producer.stop()


def test_a_worker_sends_its_blocks_to_the_collector_and_the_last_ones_when_it_stops(
    kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis
) -> None:
    """Every record in exactly one block, linked to its producer; nothing of users on the wire."""
    deployment = Deployment(kafka.address, redis_server.url)
    asyncio.run(produce(deployment))
    with Collector() as collector:
        worker = deployment.worker(
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
            OTEL_BSP_SCHEDULE_DELAY=LONG_AFTER_THE_TEST,
            OTEL_SERVICE_NAME="tags",
        )
        worker.start()
        deployment.wait_until_applied(workers=[worker])
        worker.stop()
    assert collector.faults == []
    told = [values(list(span.attributes)) for span in collector.spans]
    assert sum(int(one["messaging.batch.message_count"]) for one in told) == len(USERS), worker.text
    assert {one["messaging.destination.name"] for one in told} == {deployment.names.inputs[0]}
    links = [(link.trace_id, link.span_id) for span in collector.spans for link in span.links]
    expected = [(TRACE.to_bytes(16, "big"), n.to_bytes(8, "big")) for n in range(1, len(USERS), 2)]
    assert sorted(links) == expected
    resources = [
        values(list(r.resource.attributes)) for q in collector.requests for r in q.resource_spans
    ]
    assert {resource["service.name"] for resource in resources} == {"tags"}
    sent = b"".join(collector.bodies)
    for personal in (b"somebody-", b"what-was-said", b"post-", b"the-app"):
        assert personal not in sent
