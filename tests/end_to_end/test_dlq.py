"""`dlq list|show|replay` on real servers: rejected events are found, shown, and count once."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from agents.commands import run
from tests.end_to_end.deployment import Deployment
from tests.end_to_end.test_repair import told
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

NOW = int(time.time() * 1000)
POST = {"source": "app", "type": "post", "user_id": "u1", "time": NOW - 5_000}
PAID = {"source": "bank", "type": "payment", "user_id": "u1", "time": NOW - 5_000, "amount": 5}
CATALOGUE = """
catalogue: small
version: 1
currency: CNY
timezone: UTC
measures:
  payments: {count: [payment]}
tags:
  paid: {dimension: behaviour, value: payments}
"""


def test_rejected_events_are_listed_shown_and_sent_again_once(
    kafka: Kafka | GivenKafka,
    redis_server: RedisServer | GivenRedis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Payments in dollars, until the catalogue is one of dollars; a post nobody can mend."""
    catalogue = tmp_path / "small.yaml"
    catalogue.write_text(CATALOGUE.replace("CNY", "USD"))
    deployment = Deployment(*(kafka.address, redis_server.url), TAGSTREAM_CATALOGUE=str(catalogue))
    for name, value in deployment.environment.items():
        monkeypatch.setenv(name, value)
    lines: list[dict[str, Any]] = [
        {**PAID, "id": "p1", "currency": "CNY"},
        {**PAID, "id": "p2", "currency": "CNY"},
        {**PAID, "id": "p3"},
        {**POST, "id": "o1", "content": "my secret", "duration_s": -1},
    ]
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(map(json.dumps, lines)))
    assert run(["send", str(file)]) == 0
    worker = deployment.worker()
    worker.start()
    deployment.wait_until_applied(workers=[worker])

    _are_listed(capsys)
    _is_shown_without_its_content_unless_asked(capsys, lines[3])

    code, said = told(capsys, "dlq", "replay", "--dry-run")
    assert (code, said["would_send"], len(said["rejected_again"])) == (1, 0, 3)
    worker.stop()
    catalogue.write_text(CATALOGUE)
    worker.start()
    code, said = told(capsys, "dlq", "replay", "--reason", "bad_currency", "--dry-run")
    assert (code, said["would_send"]) == (0, 2)
    for _ in range(2):  # the second time everything is a repeat
        code, said = told(capsys, "dlq", "replay")
        assert (code, said["sent"], len(said["rejected_again"])) == (1, 2, 1)
        deployment.wait_until_applied(workers=[worker])
        tags = told(capsys, "lookup", "u1")[1]["tags"]
        assert tags["paid"]["value"] == "3"
    assert told(capsys, "dlq", "list")[1]["events"] == 3
    assert 'outcome="duplicate",topic="transactions"} 2.0' in worker.metrics()
    worker.stop()


def _are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """By reason and time, without what people wrote."""
    code, said = told(capsys, "dlq", "list")
    assert (code, said["events"]) == (0, 3)
    assert [(one["reason"], one["events"]) for one in said["reasons"]] == [
        ("bad_field", 1),
        ("bad_currency", 2),
    ]
    assert run(["dlq", "list", "--reason", "bad_field"]) == 0
    listed = capsys.readouterr().out
    assert "duration_s" in listed
    assert "secret" not in listed
    assert told(capsys, "dlq", "list", "--until", str(NOW - 1_000_000))[1]["events"] == 0
    assert told(capsys, "dlq", "list", "--since", "2020-01-01T00:00:00Z")[1]["events"] == 3
    assert run(["dlq", "list", "--reason", "bad_feild"]) == 2
    assert 'did you mean "bad_field"?' in capsys.readouterr().err


def _is_shown_without_its_content_unless_asked(
    capsys: pytest.CaptureFixture[str], post: dict[str, Any]
) -> None:
    place = told(capsys, "dlq", "list", "--topic", "interactions")[1]["dead_letters"][0]["place"]
    assert run(["dlq", "show", place]) == 0
    shown = capsys.readouterr().out
    assert "(redacted, 9 characters)" in shown
    assert "secret" not in shown
    (letter,) = told(capsys, "dlq", "show", place, "--content")[1]["dead_letters"]
    assert letter["event"] == post
    assert run(["dlq", "show", "interactions.dlq:0:999"]) == 1
    assert "no dead letter is there" in capsys.readouterr().err
