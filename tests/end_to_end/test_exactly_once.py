"""The main claim, on real servers: what is published is what the engine computes."""

import json
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.audit import audit
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer
from tests.servers.worker import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(420)]

CHUNK = 10_000
FROZEN_S = 18  # longer than the session timeout: the worker comes back as a zombie


@pytest.fixture
def deployment(kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis) -> Deployment:
    return Deployment(kafka.address, redis_server.url)


def lines_of(file: Path) -> list[dict[str, Any]]:
    """The objects of an NDJSON file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


class Sender(threading.Thread):
    """Sends lines in chunks, through `send`, while the test does something else."""

    def __init__(self, deployment: Deployment, lines: list[bytes], folder: Path) -> None:
        super().__init__(daemon=True)
        self.deployment, self.lines, self.folder = deployment, lines, folder
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            for first in range(0, len(self.lines), CHUNK):
                file = self.folder / f"{first}.ndjson"
                file.write_bytes(b"".join(self.lines[first : first + CHUNK]))
                self.deployment.send(file)
        except BaseException as error:  # noqa: BLE001 - told by `finish`, in the test's own thread
            self.error = error

    def finish(self) -> None:
        self.join()
        if self.error is not None:
            raise self.error


def test_two_workers_publish_exactly_what_the_engine_computes(
    deployment: Deployment, workers: list[Worker], mixed_events: list[bytes], tmp_path: Path
) -> None:
    """200,000 events, a polite restart of both workers and one SIGKILL in the middle."""
    sender = Sender(deployment, mixed_events, tmp_path)
    sender.start()
    time.sleep(2)
    for worker in workers:
        worker.stop()
        worker.start()
    time.sleep(2)
    workers[0].kill()
    workers[0].start()
    sender.finish()
    deployment.wait_until_applied(workers=workers)
    verdict = audit(deployment.settings)
    assert verdict.differences == []
    assert verdict.events == len(mixed_events)
    assert min(verdict.changes, verdict.alerts, verdict.users, verdict.communities) > 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_kills_joins_and_a_zombie_change_nothing(
    deployment: Deployment,
    workers: list[Worker],
    mixed_events: list[bytes],
    tmp_path: Path,
    seed: int,
) -> None:
    """Ten SIGKILLs at random moments, a third worker that comes and goes, a freeze, a return."""
    chance = random.Random(seed)
    third = deployment.worker(TAGSTREAM_INSTANCE_ID="c")
    sender = Sender(deployment, mixed_events, tmp_path)
    sender.start()
    for kill in range(10):
        time.sleep(chance.uniform(0.2, 2.0))
        victim = chance.choice(workers)
        victim.kill()
        victim.launch()
        if chance.random() < 0.7:  # the others are killed while they restore
            victim.wait_until_ready()
        if kill == 3:
            third.launch()
        if kill == 6:
            third.stop()
    for worker in workers:
        worker.wait_until_ready()
    frozen = chance.choice(workers)
    frozen.child.pause()
    time.sleep(FROZEN_S)
    frozen.child.resume()
    sender.finish()
    deployment.wait_until_applied(workers=workers)
    assert audit(deployment.settings).differences == []


def test_with_transactions_alone_replay_of_the_file_is_the_reference(
    kafka: Kafka | GivenKafka,
    redis_server: RedisServer | GivenRedis,
    mixed_events: list[bytes],
    tmp_path: Path,
) -> None:
    """One topic, one partition: the order is the file's, and so are changes, alerts and tags."""
    deployment = Deployment(kafka.address, redis_server.url, TAGSTREAM_PARTITIONS="1")
    kinds = {
        "payment",
        "purchase",
        "transfer",
        "invest",
        "redeem",
        "borrow",
        "repay",
        "overdue",
        "default",
    }
    lines = [line for line in mixed_events if json.loads(line).get("type") in kinds]
    file = tmp_path / "transactions.ndjson"
    file.write_bytes(b"".join(lines))
    deployment.send(file)
    worker = deployment.worker()
    worker.start()
    deployment.wait_until_applied(workers=[worker])
    worker.stop()
    deployment.run("replay", str(file), "--out", str(tmp_path / "out"))
    with deployment.redis() as redis:
        for kind in ("changes", "alerts"):
            key = getattr(deployment.keys, kind)(0)
            published = [json.loads(fields[b"data"]) for _, fields in redis.xrange(key)]
            offline = lines_of(tmp_path / "out" / f"{kind}.ndjson")
            assert published == offline
        written = lines_of(tmp_path / "out" / "tags.ndjson")
        tags = {line["user_id"]: line["tags"] for line in written}
        assert tags
        for user, expected in tags.items():
            shown = redis.hgetall(deployment.keys.user(0, user))
            assert {t.decode(): json.loads(v)["value"] for t, v in shown.items()} == expected
