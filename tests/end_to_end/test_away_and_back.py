"""A server gone while something else happens: no wait without end, one line in the log, no loss."""

import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.end_to_end.audit import audit
from tests.end_to_end.deployment import Deployment
from tests.end_to_end.test_exactly_once import Sender
from tests.servers import Kafka, RedisServer
from tests.servers.worker import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

SOON_S = 10.0


def until(holds: Callable[[], bool], within_s: float, what: str) -> float:
    """Waits; returns the seconds it took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < within_s, what
        time.sleep(0.05)
    return time.monotonic() - begun


def end_of(worker: Worker, within_s: float) -> tuple[int, float]:
    """Exit code after a SIGTERM, and how long it took."""
    process = worker.child._process
    assert process is not None
    begun = time.monotonic()
    worker.child.signal(signal.SIGTERM)
    return process.wait(within_s), time.monotonic() - begun


class Stage:
    """Servers of this test alone, a deployment on them, the first half of the traffic sent."""

    def __init__(self, kafka: Kafka, redis: RedisServer, lines: list[bytes], folder: Path) -> None:
        self.kafka, self.redis, self.folder = kafka, redis, folder
        self.deployment = Deployment(kafka.address, redis.url)
        half = len(lines) // 2
        self.first, self.second = lines[:half], lines[half:]
        self.workers: list[Worker] = []

    def worker(self, **settings: str) -> Worker:
        worker = self.deployment.worker(**settings)
        self.workers.append(worker)
        worker.start()
        return worker

    def send(self, lines: list[bytes]) -> None:
        Sender(self.deployment, lines, self.folder).run()

    def all_is_right(self) -> None:
        """Everything sent is applied, exactly."""
        self.deployment.wait_until_applied(workers=self.workers)
        assert audit(self.deployment.settings).differences == []


@pytest.fixture
def stage(
    own_kafka: Kafka, own_redis: RedisServer, mixed_events: list[bytes], tmp_path: Path
) -> Iterator[Stage]:
    stage = Stage(own_kafka, own_redis, mixed_events[:8_000], tmp_path)
    yield stage
    with suppress(Exception):
        own_redis.resume()
        own_kafka.resume()
    for worker in stage.workers:
        worker.kill()


def test_a_worker_leaves_while_redis_is_away(stage: Stage) -> None:
    """Neither its stop nor the other's revoke waits for Redis; that one goes on with it."""
    stay, leave = stage.worker(), stage.worker()
    for worker in (stay, leave):
        worker.wait_until_ready()
    stage.send(stage.first)
    stage.redis.pause()
    stage.send(stage.second)  # more than is taken while nothing can be published
    until(lambda: "redis is away" in stay.why_unready(), 15, "away is not shown")
    assert 'tagstream_server_away{server="redis"} 1.0' in stay.metrics()
    code, took = end_of(leave, 20)
    assert (code, took < SOON_S) == (0, True), (took, leave.text[-3000:])
    until(lambda: "assigned partitions: 0, 1, 2, 3" in stay.text, 20, stay.text[-3000:])
    stage.redis.resume()
    stay.wait_until_ready(30)
    stage.all_is_right()
    assert stay.text.count("Redis is away") == stay.text.count("Redis is back") == 1
    told = stay.metrics()
    assert 'tagstream_server_away{server="redis"} 0.0' in told
    assert 'tagstream_recovery_progress_ratio{partition="0"} 1.0' in told
    seconds = re.search(r"^tagstream_recovery_seconds (.*)$", told, re.MULTILINE)
    assert seconds is not None
    assert float(seconds[1]) > 0


def test_sigterm_and_start_while_redis_is_frozen(stage: Stage) -> None:
    """The stop takes seconds; a worker that is started then says which server is missing."""
    worker = stage.worker()
    stage.send(stage.first)
    stage.redis.pause()
    stage.send(stage.second)
    until(lambda: "redis is away" in worker.why_unready(), 15, "away is not shown")
    code, took = end_of(worker, 20)
    assert (code, took < SOON_S) == (0, True), (took, worker.text[-3000:])
    done = stage.deployment.run("worker", check=False)
    assert (done.returncode, "Redis does not answer" in done.stderr) == (3, True), done.stderr
    stage.redis.resume()
    stage.worker()
    stage.all_is_right()


def test_kafka_killed_then_frozen(stage: Stage) -> None:
    """Refused connections, then open ones that do not answer, and a SIGTERM meanwhile."""
    worker = stage.worker()
    stage.send(stage.first)
    stage.kafka.kill()
    until(lambda: "kafka is away" in worker.why_unready(), 15, "away is not shown")
    time.sleep(5)
    stage.kafka.start()
    until(lambda: "kafka" not in worker.why_unready(), 20, "still away")
    said = worker.text.splitlines()
    assert sum("Kafka is away" in line for line in said) == 1
    assert sum("Kafka is back" in line for line in said) == 1
    complaints = [line for line in said if re.search(" (WARNING|ERROR) +(aiokafka|faust)", line)]
    assert len(complaints) < 25, "\n".join(complaints)
    worker.wait_until_ready(40)
    stage.kafka.pause()
    until(lambda: "kafka is away" in worker.why_unready(), 15, "away is not shown")
    code, took = end_of(worker, 20)
    assert (code, took < SOON_S) == (0, True), (took, worker.text[-3000:])
    stage.kafka.resume()
    stage.worker()
    stage.send(stage.second)
    stage.all_is_right()
