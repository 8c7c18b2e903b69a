"""What the rendered manifests promise, beyond being well formed."""

from collections.abc import Iterator
from typing import Any

import pytest

from agents.settings import Settings, meanings
from agents.topics.plan import CHANGELOG, MIN_INSYNC_REPLICAS, PARTITIONS, REPLICAS, planned
from deploy.manifests import Manifest

OVERLAYS = ("small", "production")
Rendered = dict[str, list[Manifest]]


def of_kind(manifests: list[Manifest], kind: str, name: str = "") -> Manifest:
    """The one manifest of a kind (and a name)."""
    (found,) = [m for m in manifests if m["kind"] == kind and name in m["metadata"]["name"]]
    return found


def pods(manifests: list[Manifest]) -> Iterator[Any]:
    """The pod of each workload."""
    for manifest in manifests:
        if manifest["kind"] in ("StatefulSet", "Deployment"):
            yield manifest["spec"]["template"]["spec"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_keeps_to_the_restricted_standard(rendered: Rendered, overlay: str) -> None:
    """As the label of the namespace demands; else none of them would be admitted."""
    manifests = rendered[overlay]
    labels = of_kind(manifests, "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for pod in pods(manifests):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert all({"secret", "emptyDir"} & volume.keys() for volume in pod["volumes"])
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["allowPrivilegeEscalation"] is False
            assert rights["capabilities"] == {"drop": ["ALL"]}
            assert rights["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_container_has_probes_and_limits(rendered: Rendered, overlay: str) -> None:
    for pod in pods(rendered[overlay]):
        for container in pod["containers"]:
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_variable_is_a_setting_of_ours(rendered: Rendered, overlay: str) -> None:
    """A misspelt one would be ignored in silence."""
    used = set(of_kind(rendered[overlay], "ConfigMap", "settings")["data"])
    for pod in pods(rendered[overlay]):
        for container in pod["containers"]:
            used |= {variable["name"] for variable in container["env"]}
    assert used <= meanings().keys()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_manifest_holds_a_secret(rendered: Rendered, overlay: str) -> None:
    """Secrets come as files from Strimzi, a vault or you."""
    assert [m for m in rendered[overlay] if m["kind"] == "Secret"] == []
    for pod in pods(rendered[overlay]):
        names = {v["name"] for c in pod["containers"] for v in c["env"]}
        assert not {n for n in names if n.endswith(("_PASSWORD", "_TOKEN"))}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_worker_keeps_its_name_and_has_time_to_stop(rendered: Rendered, overlay: str) -> None:
    """Static membership: the name of the pod of a StatefulSet."""
    worker = of_kind(rendered[overlay], "StatefulSet")["spec"]["template"]["spec"]
    variables = {v["name"]: v for v in worker["containers"][0]["env"]}
    source = variables["TAGSTREAM_INSTANCE_ID"]["valueFrom"]
    assert source == {"fieldRef": {"fieldPath": "metadata.name"}}
    assert worker["terminationGracePeriodSeconds"] > 40  # agents.worker._STOP_S


@pytest.mark.parametrize(("overlay", "topics"), [("small", "kafka-small"), ("production", "kafka")])
def test_workers_and_topics_agree_on_the_number_of_partitions(
    rendered: Rendered, overlay: str, topics: str
) -> None:
    """A worker refuses to start otherwise; and one more than there are has nothing to do."""
    partitions = PARTITIONS[overlay]
    settings = of_kind(rendered[overlay], "ConfigMap", "settings")["data"]
    assert int(settings["TAGSTREAM_PARTITIONS"]) == partitions
    found = {m["spec"]["partitions"] for m in rendered[topics] if m["kind"] == "KafkaTopic"}
    assert found == {partitions}
    workers = of_kind(rendered[overlay], "StatefulSet")["spec"]["replicas"]
    assert workers <= partitions
    for scaled in (m for m in rendered[overlay] if m["kind"] == "ScaledObject"):
        assert scaled["spec"]["minReplicaCount"] == workers
        assert scaled["spec"]["maxReplicaCount"] == partitions


def test_the_manifests_make_the_topics_that_a_worker_asks_for(rendered: Rendered) -> None:
    """Name for name, setting for setting."""
    plan = planned(Settings.load(partitions=PARTITIONS["production"]))
    topics = {
        m["metadata"]["name"]: m["spec"] for m in rendered["kafka"] if m["kind"] == "KafkaTopic"
    }
    assert topics.keys() == {topic.name for topic in plan}
    for topic in plan:
        spec = topics[topic.name]
        assert spec["replicas"] == REPLICAS
        assert spec["config"]["min.insync.replicas"] == MIN_INSYNC_REPLICAS
        for name, wanted in topic.configs.items():
            assert wanted.met_by(str(spec["config"][name])), name
    assert "min.compaction.lag.ms" in CHANGELOG


def test_the_default_number_of_partitions_is_that_of_the_setting() -> None:
    assert PARTITIONS["default"] == Settings.load().partitions


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_network_policy_covers_every_pod_and_both_directions(
    rendered: Rendered, overlay: str
) -> None:
    """Nothing is let through but what another policy names."""
    nothing = of_kind(rendered[overlay], "NetworkPolicy", "nothing")["spec"]
    assert nothing["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & nothing.keys()
    wanted = nothing["podSelector"]["matchLabels"].items()
    for manifest in rendered[overlay]:
        if manifest["kind"] in ("StatefulSet", "Deployment"):
            assert wanted <= manifest["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_budget_lets_one_pod_of_a_kind_go_at_a_time(rendered: Rendered, overlay: str) -> None:
    budgets = [m["spec"] for m in rendered[overlay] if m["kind"] == "PodDisruptionBudget"]
    assert {b["selector"]["matchLabels"]["app.kubernetes.io/component"] for b in budgets} == {
        "worker",
        "serve",
    }
    assert all(budget["maxUnavailable"] == 1 for budget in budgets)
