"""A worker restarted with a changed catalogue, killed while it decides all tags anew."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.catalogue_file import require_engine
from schemas.decode import Decoder
from schemas.murmur2 import partition_of
from schemas.topics import TOPICS
from streams.effects import Effects
from streams.engine import Engine, Partition
from tests.end_to_end.audit import audit
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer
from tests.servers.worker import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

USERS = 12_000
START = 1_767_225_600_000
HEAD = "catalogue: people\nversion: {}\ncurrency: CNY\ntimezone: Asia/Shanghai\n"
BEFORE = (
    HEAD.format(1)
    + """
measures:
  likes: {count: [like], window: 1h, step: 1m}
  ever: {count: [like]}
tags:
  mood: {dimension: behaviour, values: {warm: likes >= 2, cold: else}}
  fan: {dimension: behaviour, when: ever >= 2}
"""
)
AFTER = (
    HEAD.format(2)
    + """
measures:
  likes: {count: [like], window: 1h, step: 1m}
  lately: {count: [like], window: 10m, step: 1m}
tags:
  mood: {dimension: behaviour, values: {hot: likes >= 2, cool: else}}
  keen: {dimension: behaviour, when: lately >= 1}
"""
)


def like(number: int, user: int, after_ms: int) -> bytes:
    """A line of a file of events."""
    event = {"id": f"e{number}", "source": "app", "type": "like", "user_id": f"u{user}"}
    return json.dumps(event | {"time": START + after_ms}).encode() + b"\n"


FIRST = [like(n, n if n < USERS else (n * 7) % USERS, n // 10) for n in range(USERS * 3 // 2)]
LATER = [like(10**6 + n, n * 3 % USERS, 60_000 + n) for n in range(2_000)]


@pytest.fixture
def place(
    kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis, tmp_path: Path
) -> Iterator["Place"]:
    place = Place(Deployment(kafka.address, redis_server.url, TAGSTREAM_PARTITIONS="2"), tmp_path)
    yield place
    for worker in place.workers:
        worker.kill()


class Place:
    """A deployment whose catalogue changes, and the same computed offline."""

    def __init__(
        self, deployment: Deployment, folder: Path, before: str = BEFORE, after: str = AFTER
    ) -> None:
        self.deployment, self.folder, self.workers = deployment, folder, list[Worker]()
        for name, text in (("before", before), ("after", after)):
            (folder / f"{name}.yaml").write_text(text)

    def worker(self, catalogue: str) -> Worker:
        path = self.folder / f"{catalogue}.yaml"
        worker = self.deployment.worker(TAGSTREAM_CATALOGUE=str(path), TAGSTREAM_INSTANCE_ID="a")
        self.workers.append(worker)
        return worker

    def engine(self, catalogue: str) -> Engine:
        return require_engine(self.folder / f"{catalogue}.yaml")

    def send(self, lines: list[bytes]) -> None:
        file = self.folder / "events.ndjson"
        file.write_bytes(b"".join(lines))
        self.deployment.send(file)

    def settle_down(self, worker: Worker) -> None:
        """Everything is applied, and the worker stops cleanly."""
        self.deployment.wait_until_applied(workers=[worker])
        worker.stop()

    def kill_while_adopting(self, worker: Worker) -> None:
        """SIGKILL once some of the differences are published, and not all."""
        before = self.entries()
        worker.launch()
        deadline = time.monotonic() + 60
        while self.entries() == before and time.monotonic() < deadline:
            time.sleep(0.001)
        worker.kill()
        assert self.entries() > before
        assert "the catalogue changed" in worker.text

    def forget_redis(self) -> None:
        """FLUSHALL, as far as our own keys go: other tests use the server too."""
        with self.deployment.redis() as redis:
            for keys in iter_keys(redis, f"{self.deployment.settings.prefix}:*"):
                redis.unlink(*keys)

    def entries(self) -> int:
        """How many changes there are."""
        with self.deployment.redis() as redis:
            return sum(redis.xlen(self.deployment.keys.changes(partition)) for partition in (0, 1))

    def changes(self, partition: int) -> list[dict[str, Any]]:
        with self.deployment.redis() as redis:
            entries = redis.xrange(self.deployment.keys.changes(partition))
        return [json.loads(fields[b"data"]) for _, fields in entries]

    def by_catalogue(self) -> list[dict[str, Any]]:
        """All changes so far that a catalogue made."""
        every = [change for partition in (0, 1) for change in self.changes(partition)]
        return [change for change in every if change["cause"]["kind"] == "catalogue"]

    def hashes(self) -> dict[str, dict[str, tuple[Any, int]]]:
        """Value and since of all tags of all users."""
        with self.deployment.redis() as redis:
            found = {}
            for user in range(USERS):
                key = self.deployment.keys.user(partition_of(f"u{user}", 2), f"u{user}")
                tags = {t.decode(): json.loads(v) for t, v in redis.hgetall(key).items()}
                found[f"u{user}"] = {t: (v["value"], v["since"]) for t, v in tags.items()}
        return found

    def folded(self) -> dict[str, dict[str, tuple[Any, int]]]:
        """The same, from the changes alone."""
        found: dict[str, dict[str, tuple[Any, int]]] = {f"u{user}": {} for user in range(USERS)}
        for change in (change for partition in (0, 1) for change in self.changes(partition)):
            tags = found[change["user_id"]]
            held = tags.pop(change["tag"], (None, 0))[0]
            assert change["old"] == held
            if change["new"] is not None:
                tags[change["tag"]] = (change["new"], change["time"])
        return found


def play(partition: Partition, lines: list[bytes], first: int, out: Effects) -> int:
    """The events of this partition, in order; the next offset."""
    for line in lines:
        _, event = Decoder("CNY").decode_line(line, 1 << 60)
        if partition_of(event.user_id, 2) == partition._number:
            partition.apply(0, first, event, event.time, out)
            first += 1
    return first


def computed(place: Place) -> list[dict[str, dict[str, tuple[Any, int]]]]:
    """Tags of all users offline: after the first events, the change, the later events."""
    stages: list[dict[str, Any]] = [{}, {}, {}]
    for number in (0, 1):
        old = place.engine("before").partition(number, TOPICS)
        new = place.engine("after").partition(number, TOPICS)
        offset = play(old, FIRST, 0, Effects())
        stages[0] |= tags_of(old)
        for user, row in old.take_dirty():
            new.load(user, row)
        described = place.engine("before").program.layout
        new.loaded({described.fingerprint: described.described})
        new.clock = old.clock
        new.predecessors.begin(described.fingerprint, new.clock)
        for user in new.all_users():
            shown = {tag: (s.value, s.since) for tag, s in old.snapshot(user).items()}
            new.adopt(user, shown, Effects())
        stages[1] |= tags_of(new)
        play(new, LATER, offset, Effects())
        stages[2] |= tags_of(new)
    return stages


def tags_of(partition: Partition) -> dict[str, dict[str, tuple[Any, int]]]:
    return {
        user: {tag: (s.value, s.since) for tag, s in partition.snapshot(user).items()}
        for user in partition.user_ids()
    }


def test_a_changed_catalogue_is_adopted_exactly_though_the_worker_is_killed_in_it(
    place: Place,
) -> None:
    """Differences are published once each, what did not change counts on, the rest begins."""
    stages = computed(place)
    worker = place.worker("before")
    worker.start()
    place.send(FIRST)
    place.settle_down(worker)
    assert place.hashes() == stages[0]

    killed = place.worker("after")
    place.kill_while_adopting(killed)
    half = len(place.by_catalogue())
    worker = place.worker("after")
    worker.start()
    assert place.hashes() == stages[1]
    assert half < len(place.by_catalogue())
    made = [(c["user_id"], c["tag"], c["old"], c["new"]) for c in place.by_catalogue()]
    assert len(made) == len(set(made))
    assert {change["catalogue"] for change in place.by_catalogue()} == {"people@2"}

    place.send(LATER)
    place.settle_down(worker)
    assert place.hashes() == place.folded() == stages[2]
    keen = [c for p in (0, 1) for c in place.changes(p) if c["tag"] == "keen"]
    assert keen
    assert all(change["why"]["warming"] for change in keen)

    verdict = audit(place.deployment.settings, place.engine("before"), place.engine("after"))
    assert verdict.differences == []
    assert verdict.changes == place.entries()

    made_before = len(place.by_catalogue())
    again = place.worker("after")
    again.start()
    again.stop()
    assert len(place.by_catalogue()) == made_before
    assert "the catalogue changed" not in again.text


@pytest.mark.long
def test_a_worker_of_the_old_catalogue_takes_a_half_adopted_partition_back(place: Place) -> None:
    """As in a rolling restart: tags return to the old rules, and what both count stays exact."""
    worker = place.worker("before")
    worker.start()
    place.send(FIRST)
    place.settle_down(worker)
    before = place.hashes()
    place.kill_while_adopting(place.worker("after"))
    worker = place.worker("before")
    worker.start()
    after = place.hashes()
    assert {u: t["mood"][0] for u, t in after.items()} == {
        u: t["mood"][0] for u, t in before.items()
    }
    assert all("keen" not in tags for tags in after.values())
    place.send(LATER)
    place.settle_down(worker)
    assert place.hashes() == place.folded()


def test_a_changed_catalogue_and_an_empty_redis_are_a_new_run_without_changes(
    place: Place,
) -> None:
    """The hashes are written as the new rules have them; nobody is told of differences."""
    stages = computed(place)
    worker = place.worker("before")
    worker.start()
    place.send(FIRST)
    place.settle_down(worker)
    place.forget_redis()
    worker = place.worker("after")
    worker.start()
    assert place.hashes() == stages[1]
    assert place.entries() == 0
    place.send(LATER)
    place.settle_down(worker)
    assert place.hashes() == stages[2]


def iter_keys(redis: Any, pattern: str) -> Iterator[list[bytes]]:
    """Keys in lists."""
    cursor = None
    while cursor != 0:
        cursor, found = redis.scan(cursor or 0, match=pattern, count=5_000)
        if found:
            yield found
