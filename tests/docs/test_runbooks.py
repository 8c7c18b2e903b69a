"""docs/runbooks: every page is tried in the situation that it is for, on real servers.

Here are the situations that are cheap to bring about; `test_runbooks_long.py` has the others. What
is asked of Prometheus is what a page and its alert ask, of a real one that scrapes the workers;
what is typed is what a page tells to type (`tests/docs/scene.py`).
"""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator, Mapping

import pytest

from deploy.manifests import KUBERNETES, read
from tests.conftest import skip_loudly
from tests.docs.runbooks import PAGES, alert, all_commands, lines, text
from tests.docs.scene import Scene, scene_on_servers_of_its_own
from tests.servers import ServerMissing
from tests.servers.prometheus import Prometheus

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

SHOWS: Mapping[str, tuple[int, str]] = {
    "tagstream status": (0, "catalogue community-lending@1"),
    "tagstream topics --check": (0, "topics are as they have to be"),
    "tagstream dlq list": (0, "bad_field"),
    "tagstream dlq show": (0, "duration_s is -1, allowed: an integer from 0 to 86400"),
    "tagstream dlq replay --dry-run": (1, "0 events would be sent, 1 rejected again"),
    "tagstream rebuild --dry-run": (0, "nothing was changed"),
    "tagstream size --events 50000 --users 20000000": (0, "a worker restarts in"),
    'redis-cli -u "$TAGSTREAM_REDIS" INFO replication': (0, "role:master"),
    'redis-cli -u "$TAGSTREAM_REDIS" INFO memory': (0, "maxmemory_policy:noeviction"),
    'redis-cli -u "$TAGSTREAM_REDIS" --memkeys -i 0.01': (0, "Biggest stream found"),
}
"""Every command of ours in the pages, on a healthy deployment: its exit code, what it prints."""
NOT_OURS = ("kubectl ", "chronyc ")
SILENT = {
    'sum by (topic) (rate(tagstream_dlq_total{reason="future_time"}[5m]))',
    "sum by (topic, reason) (rate(tagstream_dlq_total[10m])) > 0",
    "sum by (class) (increase(tagstream_redis_errors_total[5m]))",
    "deriv(max(tagstream_redis_memory_bytes)[1d:1h])",  # wants two hours of history
}
"""Expressions that have nothing to show where nothing is wrong."""


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """A deployment with one worker; each test leaves it healthy."""
    for scene in scene_on_servers_of_its_own():
        scene.started()
        scene.send(50)
        scene.wait_until_applied()
        yield scene


@pytest.fixture
def prometheus(scene: Scene) -> Iterator[Prometheus]:
    """One that begins to look now, and knows nothing of what was."""
    try:
        looking = scene.prometheus()
    except ServerMissing as reason:
        skip_loudly(str(reason))
    with looking:
        yield looking


def test_the_expressions_of_all_pages_have_an_answer_and_no_alert_sounds(
    scene: Scene, prometheus: Prometheus
) -> None:
    """On a healthy deployment."""
    scene.send(50)
    asked = {line for page in PAGES for line in lines(page, "promql")}
    assert asked >= SILENT
    mute = {one for one in asked if not prometheus.ask(one)}
    assert mute <= SILENT
    prometheus.wait_for(lambda: not prometheus.alerting())


def test_the_commands_of_all_pages_work_and_show_what_they_should(scene: Scene) -> None:
    """On a healthy deployment with one event in its dead letters; each of ours, as it stands."""
    scene.send(1, duration_s=-1)
    scene.wait_until_applied()
    assert {one for one in all_commands() if not one.startswith(NOT_OURS)} == SHOWS.keys()
    for command, (code, shown) in SHOWS.items():
        assert shown in scene.types(command, code), command


def of_a_cluster() -> list[str]:
    """What pages ask of a cluster, without what its output is piped into."""
    return [one.partition(" | ")[0] for one in all_commands() if one.startswith("kubectl ")]


@pytest.mark.parametrize("line", of_a_cluster())
def test_kubectl_misses_nothing_but_a_cluster(line: str) -> None:
    """Every word of the line is one that it knows."""
    if shutil.which("kubectl") is None:
        pytest.skip("no kubectl on the PATH")
    done = subprocess.run(
        ["bash", "-c", line],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "KUBECONFIG": "/dev/null"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "refused" in done.stderr
    assert "unknown" not in done.stderr


def test_what_pages_say_of_kubernetes_is_in_deploy() -> None:
    """The names of the workload, its pods, policies and secrets."""
    manifests = [m for file in KUBERNETES.rglob("*.yaml") for m in read(file)]
    names = {(m.get("kind"), m.get("metadata", {}).get("name")) for m in manifests}
    assert ("StatefulSet", "tagstream-worker") in names
    assert ("Namespace", "tagstream") in names
    for page in PAGES:
        for policy in ("tagstream-servers", "tagstream-metrics"):
            assert policy not in text(page) or ("NetworkPolicy", policy) in names


@pytest.mark.long
def test_redis_away_is_seen_and_mends_itself_and_what_it_delayed_is_told(
    scene: Scene, prometheus: Prometheus
) -> None:
    """redis-errors and, as soon as Redis is back, changes-late."""
    scene.redis_server.pause()
    try:
        scene.send(200)
        prometheus.wait_for_alert(alert("redis-errors"))
        (away,) = prometheus.ask('max by (instance) (tagstream_server_away{server="redis"})')
        assert away[1] == 1
        assert "Redis does not answer at" in scene.types("tagstream status", 3)
        errors = "sum by (class) (increase(tagstream_redis_errors_total[5m]))"
        prometheus.wait_for(lambda: [labels for labels, _ in prometheus.ask(errors)])
        ((labels, _),) = prometheus.ask(errors)
        assert labels == {"class": "timeout"}
    finally:
        scene.redis_server.resume()
    scene.wait_until_applied()
    prometheus.wait_for_alert(alert("changes-late"))
    prometheus.wait_for(lambda: prometheus.value('max(tagstream_server_away{server="redis"})') == 0)
    assert "Redis is back" in scene.workers[0].text


@pytest.mark.long
def test_rejected_events_are_seen_with_their_reason_and_sent_again_once_they_can_be_read(
    scene: Scene, prometheus: Prometheus
) -> None:
    """rejected-share-high: here it is the catalogue's currency that is not the source's."""
    payment = {"type": "payment", "source": "bank", "amount": 5, "currency": "USD"}
    scene.send(40, topic="transactions", **payment)
    scene.wait_until_applied()
    prometheus.wait_for_alert(alert("rejected-share-high"))
    reasons = "sum by (topic, reason) (rate(tagstream_dlq_total[10m])) > 0"
    told = {"topic": "transactions", "reason": "bad_currency"}
    prometheus.wait_for(lambda: told in [labels for labels, _ in prometheus.ask(reasons)])
    assert "bad_currency" in scene.types("tagstream dlq list")
    in_dollars = scene.catalogue_with("currency: CNY", "currency: USD")
    mended = {"TAGSTREAM_CATALOGUE": str(in_dollars)}
    said = scene.types("tagstream dlq replay --dry-run --reason bad_currency", 0, **mended)
    assert "40 events would be sent, 0 rejected again" in said


@pytest.mark.long
def test_a_dead_letter_topic_that_refuses_holds_its_partition_and_the_page_says_what_mends_it(
    scene: Scene,
) -> None:
    """partition-stuck: the log names it, `topics --check` the setting; then it goes on."""
    dead_letters = scene.deployment.names.topic("interactions") + ".dlq"
    asyncio.run(scene.configure(dead_letters, **{"max.message.bytes": "60"}))
    scene.send(10, duration_s=-1)
    scene.wait_until_said("dead letters cannot be written")
    scene.send(2_000)
    with scene.prometheus() as prometheus:
        prometheus.wait_for_alert(alert("partition-stuck"))
        command = next(one for one in all_commands() if one.endswith("| grep partition"))
        assert "waits: dead letters cannot be written" in scene.types(command)
        checked = scene.types("tagstream topics --check", 1)
        assert f"{dead_letters}: max.message.bytes is 60, not at least 4194304" in checked
        asyncio.run(scene.configure(dead_letters, **{"max.message.bytes": "4194304"}))
        scene.wait_until_applied()
        prometheus.wait_for_calm(alert("partition-stuck"))


@pytest.mark.long
def test_workers_that_are_gone_and_come_back_to_silence(
    scene: Scene, prometheus: Prometheus
) -> None:
    """workers-gone; then no-events, though these workers have never seen an event."""
    (worker,) = scene.workers
    worker.stop()
    prometheus.wait_for_alert(alert("workers-gone"))
    scene.send(10)
    assert "lag" in scene.types("tagstream status")
    worker.start()
    prometheus.wait_for_calm(alert("workers-gone"))
    scene.wait_until_applied()
    worker.stop()
    worker.start()
    with scene.prometheus() as afterwards:
        afterwards.wait_for_alert(alert("no-events"))
        assert afterwards.value('sum(tagstream_partitions{state="ready"})') == len(scene.partitions)
        assert afterwards.value("sum(tagstream_consumer_lag_records)") == 0
        scene.send(10)
        afterwards.wait_for_calm(alert("no-events"))
