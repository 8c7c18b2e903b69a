"""A worker that was away for two days: topics of very different size are read in one order."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from benchmarks.loading import KEPT, Record, create_topics, fill
from benchmarks.place import CATALOGUE
from tests.end_to_end.audit import audit
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

BACKLOG_MS = 48 * 3_600_000
SIZES = {"interactions": 60_000, "transactions": 4_000, "profiles": 40}
USERS = 400
BEHIND_MS = 26 * 3_600_000  # behind the rest of its own topic: late for a window of a day


@pytest.fixture
def deployment(kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis) -> Deployment:
    prefix = f"backlog-{uuid4().hex[:8]}."
    # Made before: the broker is to keep the producers' timestamps, for a backlog's are days old.
    asyncio.run(create_topics(kafka.address, {prefix + topic: KEPT for topic in SIZES}))
    settings = {"TAGSTREAM_CATALOGUE": str(CATALOGUE), "TAGSTREAM_TOPIC_PREFIX": prefix}
    return Deployment(kafka.address, redis_server.url, **settings)


def events_of(topic: str, size: int) -> Iterator[dict[str, Any]]:
    """Events of one topic, spread evenly over the two days that end now."""
    begin = int(time.time() * 1000) - BACKLOG_MS
    kinds = {"interactions": "like", "transactions": "payment", "profiles": "profile"}
    more: dict[str, dict[str, Any]] = {
        "interactions": {"content": "text " * 40},  # several fetches: the others wait for them
        "transactions": {"amount": 12},
        "profiles": {"attributes": {"grade": "A"}},
    }
    for number in range(size):
        yield {
            "id": f"{topic}-{number}",
            "source": "backlog",
            "type": kinds[topic],
            "user_id": f"user-{number * 7 % USERS}",
            "time": begin + number * BACKLOG_MS // size,
            **more[topic],
        }


def records(deployment: Deployment, planted: int) -> Iterator[Record]:
    """All records; `planted` transactions of the last hours happened a day before they arrived."""
    for topic, size in SIZES.items():
        for number, event in enumerate(events_of(topic, size)):
            arrived = event["time"]
            if topic == "transactions" and number >= size - planted:
                event["time"] -= BEHIND_MS
            value = json.dumps(event).encode()
            key = event["user_id"].encode()
            yield Record(deployment.names.topic(topic), key, value, arrived)


def outcomes(metrics: str) -> dict[str, int]:
    """Events by outcome, over all topics; those that there were."""
    found: dict[str, int] = {}
    for outcome, number in re.findall(
        r'^tagstream_events_total{outcome="(\w+)",topic="\w+"} (\S+)', metrics, re.MULTILINE
    ):
        found[outcome] = found.get(outcome, 0) + int(float(number))
    return {outcome: number for outcome, number in found.items() if number}


def test_no_event_of_a_backlog_is_late_that_was_not_late_in_its_own_topic(
    deployment: Deployment,
) -> None:
    """48 hours, 60,000 against 4,000 against 40 events; read one by one, thousands were late."""
    planted = 50
    written = asyncio.run(fill(deployment.settings.kafka, records(deployment, planted)))
    worker = deployment.worker()
    worker.start()
    deployment.wait_until_applied(workers=[worker])
    metrics = worker.metrics()
    found = outcomes(metrics)
    worker.stop()
    assert f"tagstream_event_late_seconds_count {planted}.0" in metrics
    assert 'tagstream_event_late_seconds_bucket{le="86400.0"} 0.0' in metrics
    assert f'tagstream_event_late_seconds_bucket{{le="259200.0"}} {planted}.0' in metrics
    assert found == {"applied": written - planted, "late": planted}
    verdict = audit(deployment.settings)
    assert verdict.differences == []
    assert verdict.events == written
