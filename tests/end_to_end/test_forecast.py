"""`why --forecast` on real servers: what it says is what the worker then publishes."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from agents.commands import run
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = pytest.mark.kafka

FADING = """
catalogue: fading
version: 1
currency: CNY
timezone: Asia/Shanghai
measures:
  likes: {count: [like], window: 12s, step: 1s}
tags:
  activity:
    dimension: behaviour
    values: {high: likes >= 3, low: likes >= 1, silent: else}
  warm: {dimension: behaviour, when: likes >= 2}
"""


def published(deployment: Deployment) -> list[dict[str, Any]]:
    """All changes of the user, in order."""
    with deployment.redis() as redis:
        streams = [deployment.keys.changes(p) for p in range(deployment.partitions)]
        entries = [entry for stream in streams for entry in redis.xrange(stream)]
    changes = [json.loads(fields[b"data"]) for _, fields in entries]
    return [change for change in changes if change["user_id"] == "u1"]


def test_what_is_forecast_is_what_the_worker_then_publishes(
    kafka: Kafka | GivenKafka,
    redis_server: RedisServer | GivenRedis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Asked before there is a state, while tags fade, and when no worker runs any more."""
    catalogue = tmp_path / "fading.yaml"
    catalogue.write_text(FADING)
    settings = {"TAGSTREAM_CLOCK": "wall", "TAGSTREAM_CATALOGUE": str(catalogue)}
    deployment = Deployment(kafka.address, redis_server.url, **settings)
    for name, value in deployment.environment.items():
        monkeypatch.setenv(name, value)
    assert run(["why", "u1", "--forecast"]) == 1
    assert capsys.readouterr() == ("", "tagstream: user 'u1' is not known: there is no state\n")
    worker = deployment.worker()
    worker.start()
    now = int(time.time() * 1000)
    like = {"source": "app", "type": "like", "user_id": "u1"}
    lines = [{**like, "id": str(n), "time": now - 1_000 * n} for n in range(3)]
    events = tmp_path / "events.ndjson"
    events.write_text("\n".join(map(json.dumps, lines)))
    assert run(["send", str(events)]) == 0
    deployment.wait_until_applied(workers=[worker])
    time.sleep(2 * deployment.settings.checkpoint_s)
    capsys.readouterr()

    assert run(["why", "u1", "--forecast", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["complete"]
    assert said["forecast"][-1]["new"] == "silent"
    until = time.monotonic() + 30
    while published(deployment)[-1]["new"] != "silent" and time.monotonic() < until:
        time.sleep(0.1)
    happened = published(deployment)[-len(said["forecast"]) :]
    assert {change["cause"]["kind"] for change in happened} == {"expiry"}
    fields = ("time", "tag", "old", "new", "why")
    assert said["forecast"] == [{f: change[f] for f in fields} for change in happened]

    worker.stop()
    assert run(["why", "u1", "--forecast"]) == 0
    assert capsys.readouterr().out.startswith("nothing will change by time alone; the clock ")
    assert run(["why", "u1", "activty", "--forecast"]) == 2
    assert capsys.readouterr().err == (
        'tagstream: unknown tag "activty", did you mean "activity"?\n'
    )
    catalogue.write_text(FADING.replace("likes >= 3", "likes >= 2"))
    assert run(["why", "u1", "--forecast"]) == 2
    assert "was written under another catalogue (fading@1)" in capsys.readouterr().err
