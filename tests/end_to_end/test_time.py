"""Time alone changes tags: no event is needed, only the wall clock and a caught-up partition."""

import json
import time
from pathlib import Path

import pytest

from agents.catalogue_file import require_engine
from schemas.murmur2 import partition_of
from tests.end_to_end.audit import audit
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

SHORT = """
catalogue: short
version: 1
currency: CNY
timezone: Asia/Shanghai
measures:
  likes_5s: {count: [like], window: 5s, step: 1s}
tags:
  lively:
    dimension: behaviour
    when: likes_5s >= 1
"""


def test_a_tag_goes_when_its_window_empties_with_no_event_at_all(
    kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis, tmp_path: Path
) -> None:
    """At exactly the instant, and visible within two seconds of it."""
    catalogue = tmp_path / "short.yaml"
    catalogue.write_text(SHORT)
    deployment = Deployment(
        kafka.address, redis_server.url, TAGSTREAM_CLOCK="wall", TAGSTREAM_CATALOGUE=str(catalogue)
    )
    worker = deployment.worker()
    worker.start()
    now = int(time.time() * 1000)
    file = tmp_path / "like.ndjson"
    like = {"id": "1", "source": "app", "type": "like", "user_id": "u1", "time": now}
    file.write_text(json.dumps(like) + "\n")
    deployment.send(file)
    partition, goes_at = partition_of("u1", deployment.partitions), (now // 1000 + 5) * 1000
    with deployment.redis() as redis:
        changes: list[dict[str, object]] = []
        while len(changes) < 2 and time.time() * 1000 < goes_at + 10_000:
            entries = redis.xrange(deployment.keys.changes(partition))
            changes = [json.loads(fields[b"data"]) for _, fields in entries]
            time.sleep(0.02)
        seen_ms = time.time() * 1000
    worker.stop()
    assert [(c["new"], c["time"]) for c in changes] == [(True, now), (None, goes_at)]
    assert changes[1]["cause"] == {"kind": "expiry"}
    assert changes[1]["why"] == {"rule": "likes_5s >= 1", "measures": {"likes_5s": 0}}
    assert seen_ms - goes_at < 2_000
    verdict = audit(deployment.settings, require_engine(catalogue), deployment.partitions)
    assert verdict.differences == []
