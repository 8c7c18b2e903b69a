"""`verify` and `rebuild` on real servers: what is wrong in Redis is found, and mended."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agents.commands import run
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer
from tests.servers.worker import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def deployment(
    kafka: Kafka | GivenKafka,
    redis_server: RedisServer | GivenRedis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    """Two partitions with a few hundred users; the commands of the tests run in their process."""
    deployment = Deployment(kafka.address, redis_server.url, TAGSTREAM_PARTITIONS="2")
    events = tmp_path_factory.mktemp("events") / "events.ndjson"
    size = ["--users", "300", "--rate", "500", "--seconds", "8", "--seed", "5"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in deployment.environment.items():
            patch.setenv(name, value)
        assert run(["simulate", "--out", str(events), *size]) == 0
        assert run(["send", str(events)]) == 0
        yield deployment


def told(capsys: pytest.CaptureFixture[str], *command: str) -> tuple[int, Any]:
    """Exit code and JSON of a command."""
    capsys.readouterr()
    code = run([*command, "--json"])
    out = capsys.readouterr().out
    return code, json.loads(out) if out else None


def forget_everything(deployment: Deployment) -> None:
    """FLUSHALL, as far as this test's own keys go: other tests use the server too."""
    with deployment.redis() as redis:
        keys = list(redis.scan_iter(f"{deployment.settings.prefix}:*", count=5_000))
        redis.unlink(*keys)


def runs(deployment: Deployment) -> list[bytes | None]:
    """The run of each partition."""
    with deployment.redis() as redis:
        metas = map(deployment.keys.partition_meta, range(deployment.partitions))
        return [redis.hget(meta, "run") for meta in metas]


def start(worker: Worker, deployment: Deployment) -> None:
    """Until it has applied everything."""
    worker.start()
    deployment.wait_until_applied(workers=[worker])


@pytest.fixture(scope="module")
def worker(deployment: Deployment) -> Iterator[Worker]:
    """A worker that has applied everything; each test leaves it and Redis as they were."""
    worker = deployment.worker(TAGSTREAM_INSTANCE_ID="a")
    try:
        start(worker, deployment)
        yield worker
    finally:
        worker.stop()


def test_whatever_differs_is_found_and_a_rebuild_mends_it(
    deployment: Deployment, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    """A tag that is gone, one too many, a wrong value, a user gone, a stranger."""
    assert worker.ready()
    code, said = told(capsys, "verify")
    assert (code, said["found"], said["not_compared"]) == (0, 0, [])
    assert said["users"] > 100

    with deployment.redis() as redis:
        keys = sorted(redis.scan_iter(deployment.keys.users(0), count=5_000))[:4]
        users = [deployment.keys.user_of(key)[1] for key in keys]
        tags: list[dict[bytes, bytes]] = [redis.hgetall(key) for key in keys]
        gone, wrong = min(tags[0]), min(tags[2])
        redis.hdel(keys[0], gone)
        redis.hset(keys[1], "invented", json.dumps({"value": True, "since": 1, "seq": 1}))
        later = json.loads(tags[2][wrong]) | {"since": 1}
        redis.hset(keys[2], wrong, json.dumps(later))
        redis.unlink(keys[3])
        redis.hset(deployment.keys.user(0, "stranger"), "invented", redis.hget(keys[1], "invented"))
    expected = {(users[0], gone.decode()), (users[1], "invented"), (users[2], wrong.decode())}
    expected |= {(users[3], tag.decode()) for tag in tags[3]} | {("stranger", "invented")}

    code, said = told(capsys, "verify", "--rate", "5000")
    assert code == 1
    assert {(one["user_id"], one["tag"]) for one in said["differences"]} == expected
    assert said["found"] == len(expected)
    invented = next(one for one in said["differences"] if one["user_id"] == "stranger")
    assert (invented["state"], invented["redis"]) == (None, {"value": True, "since": 1})
    assert told(capsys, "verify", "--partition", "1")[0] == 0
    assert run(["verify"]) == 1
    assert "tagstream rebuild" in capsys.readouterr().out

    before = runs(deployment)
    code, said = told(capsys, "rebuild", "--dry-run")
    assert [one["owner"] for one in said["would_rebuild"]] == ["a", "a"]
    assert (code, runs(deployment)) == (0, before)
    code, said = told(capsys, "rebuild", "--partition", "0")
    assert (code, [(one["partition"], one["by"]) for one in said["rebuilt"]]) == (0, [(0, "a")])
    after = runs(deployment)
    assert (after[0] == before[0], after[1] == before[1]) == (False, True)
    assert told(capsys, "verify")[0] == 0


def test_wrong_explanations_and_counts_are_found_and_a_rebuild_mends_them(
    deployment: Deployment, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of each that is gone, is another, or is too much; and a community out of the list."""
    assert worker.ready()
    code, said = told(capsys, "verify")
    assert (code, said["found"], said["communities"] > 4) == (0, 0, True)
    keys = deployment.keys
    with deployment.redis() as redis:
        found = sorted(redis.scan_iter(keys.users(0), count=5_000))[:2]
        users = [keys.user_of(key)[1] for key in found]
        whys = [redis.hgetall(keys.why(0, user)) for user in users]
        gone, other = (min(one).decode() for one in whys)
        redis.hdel(keys.why(0, users[0]), gone)
        redis.hset(keys.why(0, users[1]), other, json.dumps({"rule": "no rule", "measures": {}}))
        redis.hset(keys.why(0, "stranger"), "activity", min(whys[1].values()))
        groups = sorted(name.decode() for name in redis.smembers(keys.communities(0)))[:3]
        members = [int(redis.hget(keys.community(0, group), "members")) for group in groups]
        redis.hincrby(keys.community(0, groups[0]), "members", 1)
        redis.srem(keys.communities(0), groups[1])
        redis.unlink(keys.community(0, groups[2]))
        redis.hset(keys.community(0, "nowhere"), "members", 3)

    code, said = told(capsys, "verify")
    assert (code, said["differences"]) == (1, [])
    assert {(one["user_id"], one["tag"], one["redis"]) for one in said["whys"]} == {
        (users[0], gone, None),
        (users[1], other, "no rule"),
        ("stranger", "activity", json.loads(min(whys[1].values()))["rule"]),
    }
    counts = {(c["community_id"], c["field"]): (c["state"], c["redis"]) for c in said["counts"]}
    assert counts[groups[0], "members"] == (members[0], members[0] + 1)
    assert counts[groups[1], "listed"] == (1, 0)
    assert counts[groups[2], "members"] == (members[2], 0)
    assert counts["nowhere", "members"] == (0, 3)
    assert {community for community, _ in counts} == {*groups, "nowhere"}
    assert run(["verify"]) == 1
    assert "no rule" in capsys.readouterr().out

    assert told(capsys, "rebuild", "--partition", "0")[0] == 0
    assert told(capsys, "verify")[0] == 0


def test_nothing_is_accused_while_workers_publish(
    deployment: Deployment, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts move between any two questions, checkpoints are made, the journal is trimmed."""
    busy = deployment.worker(TAGSTREAM_INSTANCE_ID="a", TAGSTREAM_JOURNAL_KEEP="0")
    worker.stop()
    traffic = ["simulate", "--users", "300", "--rate", "400", "--seconds", "8", "--seed", "6"]
    try:
        start(busy, deployment)
        with ThreadPoolExecutor(1) as pool:
            sending, before = pool.submit(deployment.run, *traffic), seqs(deployment)
            seen = set()
            while not sending.done():
                code, said = told(capsys, "verify")
                assert (code, said["found"], said["not_compared"]) == (0, 0, [])
                seen.add(seqs(deployment))
            assert sending.result().returncode == 0
        assert len(seen - {before}) > 1
        deployment.wait_until_applied(workers=[busy])
    finally:
        busy.stop()
        start(worker, deployment)
    assert told(capsys, "verify")[0] == 0


def seqs(deployment: Deployment) -> tuple[int, ...]:
    """The last change of each partition."""
    with deployment.redis() as redis:
        metas = map(deployment.keys.partition_meta, range(deployment.partitions))
        return tuple(int(redis.hget(meta, "seq")) for meta in metas)


def test_a_worker_writes_anew_what_redis_has_lost(
    deployment: Deployment, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    """By itself, and all of it: also what tells readers how many partitions there are."""
    assert worker.ready()
    with deployment.redis() as redis:
        before = redis.hgetall(deployment.keys.meta)
    forget_everything(deployment)
    until = time.monotonic() + 60
    while None in runs(deployment) and time.monotonic() < until:
        time.sleep(0.1)
    assert told(capsys, "verify")[0] == 0
    with deployment.redis() as redis:
        assert redis.hgetall(deployment.keys.meta) == before


def test_without_workers_the_command_itself_writes_redis_anew(
    deployment: Deployment, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the next worker goes on from there, with no further run."""
    worker.stop()
    forget_everything(deployment)
    code, said = told(capsys, "verify")
    assert (code, len(said["not_compared"])) == (1, 2)
    code, said = told(capsys, "rebuild")
    assert (code, [one["by"] for one in said["rebuilt"]]) == (0, [None, None])
    assert told(capsys, "verify")[0] == 0
    written = runs(deployment)
    assert None not in written
    start(worker, deployment)
    assert runs(deployment) == written
    assert told(capsys, "verify")[0] == 0
