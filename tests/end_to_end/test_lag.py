"""The lag that a worker shows is that of the log, also while it fetches nothing."""

import re
import time
from collections.abc import Callable

import pytest

from tests.docs.scene import Scene
from tests.servers import Kafka, RedisServer
from tests.servers.worker import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

MORE = 500
LAG = re.compile(r"^tagstream_consumer_lag_records\{.*\} (.*)$", re.MULTILINE)


def lag(worker: Worker) -> int:
    """Over all topics and partitions."""
    return sum(int(float(records)) for records in LAG.findall(worker.metrics()))


def until(holds: Callable[[], bool], why: Callable[[], str]) -> None:
    """Waits, generously."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, why()
        time.sleep(0.1)


def test_lag_grows_while_redis_is_away_and_is_nothing_when_it_is_back(
    kafka: Kafka, own_redis: RedisServer
) -> None:
    """It stood still at the last fetch: no alert, just when events waited."""
    scene = Scene(kafka, own_redis)
    worker = scene.started()
    try:
        own_redis.pause()
        deadline = time.monotonic() + 60
        while not lag(worker):  # until as much is in hand as the worker takes
            assert time.monotonic() < deadline, worker.text[-3000:]
            scene.send(20)
        before = lag(worker)
        scene.send(MORE)
        until(lambda: lag(worker) >= before + MORE, lambda: f"{before}, then {lag(worker)}")
        own_redis.resume()
        scene.wait_until_applied()
        until(lambda: lag(worker) == 0, lambda: str(lag(worker)))
    finally:
        own_redis.resume()
        scene.close()
