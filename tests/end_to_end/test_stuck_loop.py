"""A main loop that hangs: the log says where, /healthz and /readyz say so, and it goes on."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.deployment import Deployment
from tests.end_to_end.stuck_loop import FILE
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]


def wait_for(what: Callable[[], object], within_s: float = 60.0) -> None:
    """Until it is true."""
    until = time.monotonic() + within_s
    while not what() and time.monotonic() < until:
        time.sleep(0.05)
    assert what()


def test_a_main_loop_that_hangs_is_unready_and_the_log_says_where(
    kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis, tmp_path: Path
) -> None:
    deployment = Deployment(kafka.address, redis_server.url, TAGSTREAM_LOG_FORMAT="json")
    file, unready = tmp_path / "hang", list[str]()
    worker = deployment.worker("tests.end_to_end.stuck_loop", **{FILE: str(file)})
    worker.start()
    file.touch()

    def is_unready() -> bool:
        unready.append(worker.why_unready())
        return "main loop stuck" in unready[-1]

    wait_for(is_unready)
    wait_for(lambda: "the main loop goes on" in worker.text)
    wait_for(worker.ready)
    worker.stop()
    lines = [json.loads(line) for line in worker.text.splitlines() if line.startswith("{")]
    (told,) = [line["message"] for line in lines if line["level"] == "error"]
    assert told.startswith("main loop stuck for ")
    assert "stuck_loop.py" in told
    assert "in hang" in told
