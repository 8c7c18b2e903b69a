"""Who is silent for so long leaves nothing behind: not in Redis, not in the changelog."""

import json
from pathlib import Path
from typing import Any

import pytest

from agents.catalogue_file import require_engine
from schemas.records import full_value
from tests.chaos.logs import read_logs
from tests.end_to_end.audit import audit
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

START = 1_767_225_600_000
CATALOGUE = """
catalogue: brief
version: 1
currency: CNY
timezone: Asia/Shanghai
forget_after: 1h
measures:
  likes: {count: [like]}
tags:
  fan: {dimension: behaviour, values: {big: likes >= 2, small: else}}
"""


def test_the_row_of_a_forgotten_user_is_a_tombstone_and_they_come_back_as_new(
    kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis, tmp_path: Path
) -> None:
    """Over a restart, too, which reads the changelog up to the tombstone."""
    catalogue = tmp_path / "brief.yaml"
    catalogue.write_text(CATALOGUE)
    deployment = Deployment(
        *(kafka.address, redis_server.url),
        TAGSTREAM_CATALOGUE=str(catalogue),
        TAGSTREAM_PARTITIONS="1",
        TAGSTREAM_INSTANCE_ID="a",
    )
    worker = deployment.worker()

    def run(*likes: tuple[str, int]) -> None:
        worker.start()
        lines = [
            {"id": f"{user}-{minute}", "source": "app", "type": "like", "user_id": user}
            | {"time": START + minute * 60_000}
            for user, minute in likes
        ]
        file = tmp_path / "events.ndjson"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        deployment.send(file)
        deployment.wait_until_applied(workers=[worker])
        worker.stop()

    run(("u1", 0), ("u1", 1))
    run(("u2", 62))
    run(("u1", 63))
    with deployment.redis() as redis:
        entries = redis.xrange(deployment.keys.changes(0))
    changes = [json.loads(fields[b"data"]) for _, fields in entries]
    assert [(c["user_id"], c["new"], (c["time"] - START) // 60_000) for c in changes] == [
        ("u1", "small", 0),
        ("u1", "big", 1),
        ("u1", None, 61),
        ("u2", "small", 62),
        ("u1", "small", 63),
    ]
    rows = rows_of(deployment, b"u1")
    assert [value is None for value, _ in rows] == [False, True, False]
    assert [len(full_value(value, headers)) for value, headers in rows][1] == 8
    verdict = audit(deployment.settings, require_engine(catalogue))
    assert verdict.differences == []


def rows_of(deployment: Deployment, key: bytes) -> list[tuple[bytes | None, Any]]:
    """Values and headers of a key in the changelog, oldest first."""
    changelogs = read_logs(deployment.settings, [deployment.names.changelog])
    return [(r.value, r.headers) for (log,) in changelogs for r in log if r.key == key]
