"""Time alone changes tags: no event is needed, only the wall clock and a caught-up partition."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.audit import audit
from tests.end_to_end.deployment import Deployment
from tests.end_to_end.shifted_clock import SHIFT_FILE
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

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


def catalogue_of(window_s: int) -> str:
    """One flag that needs a like within so many seconds."""
    return SHORT.replace("5s", f"{window_s}s")


class Watching(threading.Thread):
    """Sees the changes of all partitions as a subscriber does, each with when it saw it (ms)."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(daemon=True)
        self.deployment, self.seen = deployment, list[tuple[float, dict[str, Any]]]()
        self.stopped = threading.Event()

    def run(self) -> None:
        keys = self.deployment.keys
        after: dict[Any, Any] = {keys.changes(p): "0" for p in range(self.deployment.partitions)}
        with self.deployment.redis() as redis:
            while not self.stopped.is_set():
                found = redis.xread(after, block=200) or []
                now = time.time() * 1000
                for stream, entries in found:
                    after[stream.decode()] = entries[-1][0]
                    self.seen += [(now, json.loads(fields[b"data"])) for _, fields in entries]

    def gone(self) -> list[tuple[float, dict[str, Any]]]:
        """Changes by which a tag went."""
        return [(at, change) for at, change in self.seen if change["new"] is None]

    def wait_for(self, gone: int, within_s: float) -> None:
        """Until so many tags have gone."""
        until = time.monotonic() + within_s
        while len(self.gone()) < gone and time.monotonic() < until:
            time.sleep(0.05)


@pytest.fixture
def make(
    kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis, tmp_path: Path
) -> Iterator[Callable[..., tuple[Deployment, Watching]]]:
    """A deployment whose one flag needs a like within so many seconds, and who watches it."""
    watching: list[Watching] = []

    def made(window_s: int, clock: str = "wall") -> tuple[Deployment, Watching]:
        catalogue = tmp_path / "short.yaml"
        catalogue.write_text(catalogue_of(window_s))
        more = {"TAGSTREAM_CLOCK": clock, "TAGSTREAM_CATALOGUE": str(catalogue)}
        deployment = Deployment(kafka.address, redis_server.url, **more)
        watching.append(Watching(deployment))
        watching[-1].start()
        return deployment, watching[-1]

    yield made
    for one in watching:
        one.stopped.set()
        one.join()


def send_likes(deployment: Deployment, times: dict[str, int], file: Path) -> None:
    """One like of each user, at their time (epoch ms)."""
    like = {"source": "app", "type": "like"}
    lines = [
        json.dumps({**like, "id": f"{user}-{at}", "user_id": user, "time": at})
        for user, at in times.items()
    ]
    file.write_text("\n".join(lines) + "\n")
    deployment.send(file)


def assert_right(deployment: Deployment) -> None:
    """What was published is what the engine computes in the journal's order."""
    assert audit(deployment.settings).differences == []


def test_a_tag_goes_when_its_window_empties_with_no_event_at_all(
    make: Callable[..., tuple[Deployment, Watching]], tmp_path: Path
) -> None:
    """At exactly the instant, and visible within two seconds of it."""
    deployment, watching = make(5)
    worker = deployment.worker()
    worker.start()
    now = int(time.time() * 1000)
    send_likes(deployment, {"u1": now}, tmp_path / "like.ndjson")
    goes_at = (now // 1000 + 5) * 1000
    watching.wait_for(1, within_s=15)
    worker.stop()
    came, went = [change for _, change in watching.seen]
    assert came["new"] is True
    assert now <= came["time"] < goes_at  # the clock may be ahead of an event that took long
    assert (went["new"], went["time"], went["cause"]) == (None, goes_at, {"kind": "expiry"})
    assert went["why"] == {"rule": "likes_5s >= 1", "measures": {"likes_5s": 0}}
    assert watching.gone()[0][0] - goes_at < 2_000
    assert_right(deployment)


def test_ten_thousand_users_who_fall_silent_lose_their_tag_in_time(
    make: Callable[..., tuple[Deployment, Watching]], tmp_path: Path
) -> None:
    """Each at exactly its instant; visible within a second of the second that the clock lags."""
    deployment, watching = make(20)
    worker = deployment.worker()
    worker.start()
    chance, now = random.Random(5), int(time.time() * 1000)
    times = {f"u{n}": now - chance.randrange(10_000) for n in range(10_000)}
    send_likes(deployment, times, tmp_path / "likes.ndjson")
    watching.wait_for(len(times), within_s=60)
    worker.stop()
    gone = {change["user_id"]: (seen, change["time"]) for seen, change in watching.gone()}
    assert len(watching.gone()) == len(times)
    assert {user: at for user, (_, at) in gone.items()} == {
        user: (at // 1000 + 20) * 1000 for user, at in times.items()
    }
    late = sorted(seen - at - 1_000 for seen, at in gone.values())
    p50, p99 = late[len(late) // 2], late[len(late) * 99 // 100]
    print(f"\nexpiries of {len(late):,} users: p50 {p50:.0f} ms, p99 {p99:.0f} ms late")  # noqa: T201 - the figure of docs/performance.md
    assert p99 <= 1_000
    assert_right(deployment)


def test_a_clock_that_jumps_expires_nobody_early(
    make: Callable[..., tuple[Deployment, Watching]], tmp_path: Path
) -> None:
    """An hour forth: the tag goes when it is really due; the log and a metric tell."""
    deployment, watching = make(8)
    shift = tmp_path / "shift"
    shift.write_text("0")
    worker = deployment.worker("tests.end_to_end.shifted_clock", **{SHIFT_FILE: str(shift)})
    worker.start()
    now = int(time.time() * 1000)
    send_likes(deployment, {"u1": now}, tmp_path / "like.ndjson")
    shift.write_text("3600")
    watching.wait_for(1, within_s=60)
    metrics, said = worker.metrics(), worker.text
    shift.write_text("0")
    deadline = time.monotonic() + 20
    while "the host's clock is right again" not in worker.text and time.monotonic() < deadline:
        time.sleep(0.1)
    told_again = worker.text
    worker.stop()
    ((seen, change),) = watching.gone()
    assert change["time"] == (now // 1000 + 8) * 1000
    assert 0 <= seen - change["time"] < 3_000
    assert "tagstream_clock_faults_total 1.0" in metrics
    assert said.count("the host's clock is") == 1
    assert "the host's clock is right again" in told_again
    assert_right(deployment)


def test_what_fell_due_while_no_worker_ran_is_published_once_with_its_own_times(
    make: Callable[..., tuple[Deployment, Watching]], tmp_path: Path
) -> None:
    """Killed, away while all windows empty, back."""
    deployment, watching = make(6)
    worker = deployment.worker()
    worker.start()
    now = int(time.time() * 1000)
    times = {f"u{n}": now - n for n in range(2_000)}
    send_likes(deployment, times, tmp_path / "likes.ndjson")
    deployment.wait_until_applied(workers=[worker])
    worker.kill()
    time.sleep(7)
    assert watching.gone() == []
    worker.start()
    watching.wait_for(len(times), within_s=60)
    worker.stop()
    assert sorted((c["user_id"], c["time"]) for _, c in watching.gone()) == sorted(
        (user, (at // 1000 + 6) * 1000) for user, at in times.items()
    )
    assert_right(deployment)


def test_ten_minutes_of_event_time_away_are_made_up_for_by_the_next_event(
    make: Callable[..., tuple[Deployment, Watching]], tmp_path: Path
) -> None:
    """By the clock of events: what was due in between goes first, each at its instant."""
    deployment, watching = make(300, clock="event")
    worker = deployment.worker(TAGSTREAM_INSTANCE_ID="a")
    worker.start()
    now = int(time.time() * 1000) - 900_000
    times = {f"u{n}": now + n for n in range(1_000)}
    send_likes(deployment, times, tmp_path / "likes.ndjson")
    deployment.wait_until_applied(workers=[worker])
    worker.stop()
    later = {f"v{n}": now + 600_000 + 1_000 for n in range(100)}  # some in every partition
    send_likes(deployment, later, tmp_path / "later.ndjson")
    worker.start()
    watching.wait_for(len(times), within_s=60)
    worker.stop()
    assert sorted((c["user_id"], c["time"]) for _, c in watching.gone()) == sorted(
        (user, (at // 1000 + 300) * 1000) for user, at in times.items()
    )
    assert_right(deployment)
