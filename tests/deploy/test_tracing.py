"""Switching traces on, as docs/tracing.md says it for Compose and for Kubernetes."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from agents.tracing.traces import asked_by
from deploy import check
from deploy.manifests import HERE, Manifest, kustomize, read, render
from tests.deploy.test_kubernetes import of_kind


@pytest.fixture
def traced(tmp_path: Path) -> list[Manifest]:
    """What an overlay becomes when the one line is added to it."""
    command = kustomize()
    if command is None:
        pytest.skip("no kubectl and no kustomize on the PATH")
    for folder in ("kubernetes", "monitoring"):
        shutil.copytree(HERE / folder, tmp_path / folder)
    overlay = tmp_path / "kubernetes/overlays/production"
    file = overlay / "kustomization.yaml"
    text = file.read_text()
    assert text.count("\ncomponents:\n") == 1
    file.write_text(text.replace("\ncomponents:\n", "\ncomponents:\n  - ../../tracing\n"))
    return render(command, overlay)


def test_one_line_in_an_overlay_traces_the_workers(traced: list[Manifest]) -> None:
    """They are told where to, and the network lets it through: to that port alone."""
    assert list(check.manifest_faults("traced", traced)) == []
    pod = of_kind(traced, "StatefulSet")["spec"]["template"]["spec"]
    environment = {one["name"]: one.get("value", "") for one in pod["containers"][0]["env"]}
    assert asked_by(environment) == "OTEL_EXPORTER_OTLP_ENDPOINT"
    assert "TAGSTREAM_INSTANCE_ID" in environment
    assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"].endswith(".monitoring.svc:4318")
    policy = of_kind(traced, "NetworkPolicy", "tagstream-traces")
    assert policy["metadata"]["namespace"] == "tagstream"
    labels = of_kind(traced, "StatefulSet")["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    (to,) = policy["spec"]["egress"]
    assert to["ports"] == [{"protocol": "TCP", "port": 4318}]


def test_a_second_compose_file_traces_both_workers() -> None:
    whole, more = (_compose(name) for name in ("compose.yaml", "compose/tracing.yaml"))
    for name, service in more["services"].items():
        ours = whole["services"].setdefault(name, service)
        ours["environment"] = ours.get("environment", {}) | service.get("environment", {})
    assert check.compose_fault(json.dumps(whole)) is None
    workers = {name: one for name, one in whole["services"].items() if name.startswith("worker")}
    assert len(workers) == 2
    for worker in workers.values():
        assert asked_by(worker["environment"]) == "OTEL_EXPORTER_OTLP_ENDPOINT"
        assert "TAGSTREAM_KAFKA" in worker["environment"]


def _compose(name: str) -> Any:
    return json.loads(json.dumps(read(HERE / name)[0]))  # without YAML's shared nodes
