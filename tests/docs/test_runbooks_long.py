"""docs/runbooks: the situations that take longer; `test_runbooks.py` has the others."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from agents.settings import Settings
from agents.topics.manage import ensure_topics
from tests.conftest import skip_loudly
from tests.docs.runbooks import alert, commands
from tests.docs.scene import Scene, scene_on_servers_of_its_own
from tests.end_to_end.shifted_clock import SHIFT_FILE
from tests.servers import ServerMissing
from tests.servers.prometheus import Prometheus
from tests.servers.worker import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.long, pytest.mark.timeout(280)]

AWAY = 'max(tagstream_server_away{server="%s"})'
REFUSALS = {
    "oom": (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    "readonly": (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
    "noreplicas": (
        ("CONFIG", "SET", "min-replicas-to-write", "1"),
        ("CONFIG", "SET", "min-replicas-to-write", "0"),
    ),
    "noperm": (
        ("ACL", "SETUSER", "default", "-evalsha", "-eval"),
        ("ACL", "SETUSER", "default", "+@all"),
    ),
}
"""Classes of errors of redis-errors: how Redis comes to answer so, and what mends it."""


@pytest.fixture(scope="module")
def servers() -> Iterator[Scene]:
    """Servers of these tests' own, to stop and to freeze."""
    yield from scene_on_servers_of_its_own()


@pytest.fixture
def scene(servers: Scene) -> Iterator[Scene]:
    """A new deployment on them, without workers."""
    scene = Scene(servers.kafka, servers.redis_server)
    yield scene
    scene.close()


def looking(scene: Scene) -> Prometheus:
    """A Prometheus that begins to look now."""
    try:
        return scene.prometheus()
    except ServerMissing as reason:
        skip_loudly(str(reason))


def working(scene: Scene, **settings: str) -> Worker:
    """A worker that has applied a few events."""
    worker = scene.started(**settings)
    scene.send(100)
    scene.wait_until_applied()
    return worker


def command(page: str, containing: str) -> str:
    """The one command of a page with these words."""
    (found,) = [one for one in commands(page) if containing in one]
    return found


def test_two_catalogues_at_once_are_seen_until_all_have_the_same(scene: Scene) -> None:
    """catalogue-mismatch."""
    scene.started()
    other = scene.started(
        TAGSTREAM_CATALOGUE=str(scene.catalogue_with("\nversion: 1\n", "\nversion: 2\n"))
    )
    with looking(scene) as prometheus:
        prometheus.wait_for_alert(alert("catalogue-mismatch"))
        found = prometheus.ask("count by (instance, catalogue) (tagstream_build_info)")
        assert {(one["instance"], one["catalogue"]) for one, _ in found} == {
            (scene.targets[0], "community-lending@1"),
            (scene.targets[1], "community-lending@2"),
        }
        other.stop()
        prometheus.wait_for_calm(alert("catalogue-mismatch"))


def test_a_clock_that_jumps_is_told_by_how_much_until_it_is_right_again(
    scene: Scene, tmp_path: Path
) -> None:
    """clock-jump. The alert lasts until ten minutes after."""
    shift = tmp_path / "shift"
    shift.write_text("0")
    worker = scene.started("tests.end_to_end.shifted_clock", **{SHIFT_FILE: str(shift)})
    with looking(scene) as prometheus:
        shift.write_text("3600")
        prometheus.wait_for_alert(alert("clock-jump"))
        skew = "max by (instance) (tagstream_clock_skew_seconds)"
        assert prometheus.value(skew) == pytest.approx(3600, abs=5)
        shift.write_text("0")
        prometheus.wait_for(lambda: prometheus.value(skew) == 0)
        assert "the host's clock is right again" in worker.text
        assert alert("clock-jump") in prometheus.alerting()


def test_kafka_away_is_seen_by_metric_status_and_log_and_mends_itself(scene: Scene) -> None:
    """kafka-away."""
    worker = working(scene)
    with looking(scene) as prometheus:
        scene.kafka.stop()
        try:
            prometheus.wait_for_alert(alert("kafka-away"))
            assert prometheus.value(AWAY % "kafka") == 1
            assert "Kafka does not answer at" in scene.types("tagstream status", 3)
            assert "Kafka is away" in scene.types(command("kafka-away", " logs "))
        finally:
            scene.kafka.start()
        prometheus.wait_for_calm(alert("kafka-away"))
    scene.send(10)
    scene.wait_until_applied()
    assert "Kafka is back" in worker.text


@pytest.mark.parametrize("kind", REFUSALS)
def test_each_way_in_which_redis_refuses_has_its_class_and_mends_itself(
    scene: Scene, kind: str
) -> None:
    """redis-errors."""
    harm, heal = REFUSALS[kind]
    working(scene)
    with looking(scene) as prometheus, scene.redis() as redis:
        redis.execute_command(*harm)
        try:
            scene.send(10)
            prometheus.wait_for_alert(alert("redis-errors"))
            errors = f'tagstream_redis_errors_total{{class="{kind}"}}'
            prometheus.wait_for(lambda: prometheus.ask(errors))
        finally:
            redis.execute_command(*heal)
        scene.wait_until_applied()
        prometheus.wait_for(lambda: prometheus.value(AWAY % "redis") == 0)
        if kind == "noperm":
            assert any("eval" in str(entry) for entry in redis.acl_log())


def test_a_redis_that_is_nearly_full_is_seen_until_it_has_more_memory(scene: Scene) -> None:
    """redis-memory-high."""
    working(scene)
    with scene.redis() as redis, looking(scene) as prometheus:
        used = redis.info("memory")["used_memory"]
        redis.config_set("maxmemory", int(used * 1.1))
        try:
            prometheus.wait_for_alert(alert("redis-memory-high"))
            each = "max(tagstream_redis_memory_bytes) / sum(tagstream_users)"
            assert prometheus.value(each) > 1_000
            redis.config_set("maxmemory", used * 10)
            prometheus.wait_for_calm(alert("redis-memory-high"))
        finally:
            redis.config_set("maxmemory", 0)


def test_more_than_is_done_is_seen_as_lag_that_grows_until_more_is_done(scene: Scene) -> None:
    """lag-grows: a worker that is far too slow, then one that is not."""
    slow = scene.started("tests.docs.slow_worker")
    fast = scene.worker(TAGSTREAM_INSTANCE_ID="w0")
    with looking(scene) as prometheus:
        lag, until = "sum(tagstream_consumer_lag_records)", time.monotonic() + 180
        while alert("lag-grows") not in prometheus.alerting():
            assert time.monotonic() < until, prometheus.value(lag)
            scene.send(4_000)
            time.sleep(1.0)
        assert prometheus.value(lag) > 10_000
        slow.kill()
        fast.start()
        prometheus.wait_for_calm(alert("lag-grows"))
        scene.wait_until_applied()


def fences(scene: Scene, prometheus: Prometheus, within_s: float = 120.0) -> None:
    """Sends events until the alert holds."""
    until = time.monotonic() + within_s
    while alert("writes-fenced") not in prometheus.alerting():
        assert time.monotonic() < until
        scene.send(10)
        time.sleep(0.5)


def test_two_deployments_under_one_prefix_refuse_each_other_until_one_is_stopped(
    scene: Scene,
) -> None:
    """writes-fenced, its first row."""
    working(scene)
    app_id = f"{scene.deployment.settings.app_id}-x"
    lower = {
        k.removeprefix("TAGSTREAM_").lower(): v for k, v in scene.deployment.environment.items()
    }
    asyncio.run(ensure_topics(Settings.load(**{**lower, "app_id": app_id})))
    other = scene.worker(TAGSTREAM_APP_ID=app_id)
    other.launch()
    with looking(scene) as prometheus:
        fences(scene, prometheus)
        said = scene.types(command("writes-fenced", " logs "))
        assert "session over" in said
        assert ": fenced" in said or "other run" in said or "but Redis has" in said
        other.stop()
        scene.wait_until_applied()
    assert scene.workers[0].ready()


def test_two_processes_with_one_name_are_seen_in_the_changelog(scene: Scene) -> None:
    """writes-fenced, its second row."""
    working(scene, TAGSTREAM_INSTANCE_ID="same")
    other = scene.worker(TAGSTREAM_INSTANCE_ID="same")
    other.launch()
    with looking(scene) as prometheus:
        fences(scene, prometheus)
        said = scene.types(command("writes-fenced", " logs "))
        assert "not at" in said
        other.stop()
        scene.wait_until_applied()


async def delete_events(scene: Scene, before: int) -> None:
    """Retention comes too early."""
    topic = scene.deployment.names.topic("interactions")
    admin = AIOKafkaAdminClient(bootstrap_servers=scene.kafka.address)
    await admin.start()
    try:
        await admin.delete_records(
            {
                TopicPartition(topic, p): RecordsToDelete(before_offset=before)
                for p in scene.partitions
            }
        )
    finally:
        await admin.close()


@pytest.mark.parametrize("checkpointed", [0, 60])
def test_events_deleted_too_early_hold_a_restore_up_until_a_rebuild(
    scene: Scene, checkpointed: int
) -> None:
    """recovery-long, its row `retention has deleted`; before and after the first checkpoint."""
    if checkpointed:
        worker = scene.started()
        scene.send(checkpointed)
        scene.wait_until_applied()
        worker.stop()
    worker = scene.worker(TAGSTREAM_CHECKPOINT_S="60")
    worker.start()
    scene.send(100)
    scene.wait_until_applied()
    worker.kill()
    asyncio.run(delete_events(scene, before=checkpointed // 2 + 15))
    worker.launch()
    with looking(scene) as prometheus:
        prometheus.wait_for_alert(alert("recovery-long"))
        if checkpointed:  # what waits is seen although nobody hands it out
            lag = "sum(tagstream_consumer_lag_records)"
            prometheus.wait_for(lambda: prometheus.value(lag) == 100)
        assert "retention has deleted all before" in scene.types(command("recovery-long", " logs "))
        planned = scene.types("tagstream rebuild --dry-run")
        assert "cannot be read again, for retention has" in planned
        assert "written anew" in scene.types("tagstream rebuild")
        prometheus.wait_for_calm(alert("recovery-long"))
    scene.send(50)
    scene.wait_until_applied()


def test_a_worker_that_ends_again_and_again_is_seen_and_its_code_says_why(scene: Scene) -> None:
    """worker-crash-looping: too many rejects (1), a wrong setting (2), a server away (3)."""
    working(scene)
    crashing = scene.worker(TAGSTREAM_DLQ_MAX_RATIO="0.2")
    with looking(scene) as prometheus:  # never answers while the other does
        prometheus.wait_for_alert(alert("worker-crash-looping"))
    scene.workers[0].stop()
    settings = scene.deployment.environment
    scene.send(2_500, user_id="u1", duration_s=-1)
    settings["TAGSTREAM_DLQ_MAX_RATIO"] = "0.2"
    assert "above TAGSTREAM_DLQ_MAX_RATIO=0.2" in scene.types("tagstream worker", 1)
    assert "TAGSTREAM_PARTITIONS" in scene.types("tagstream worker", 2, TAGSTREAM_PARTITIONS="7")
    nowhere = {"TAGSTREAM_REDIS": "redis://127.0.0.1:1/0"}
    assert "Redis does not answer" in scene.types("tagstream worker", 3, **nowhere)
    with looking(scene) as prometheus:
        for _ in range(4):
            crashing.start()
            prometheus.wait_for(lambda: prometheus.value("sum(up)") == 1)
            crashing.kill()
        prometheus.wait_for_alert(alert("worker-crash-looping"))
