import copy
from typing import Any

import pytest

from deploy import check, generate
from deploy.manifests import HERE, Manifest, read, whole

COMPOSE = (HERE / "compose.yaml").read_text(encoding="utf-8")


def worker() -> dict[str, Any]:
    """The StatefulSet of the base, to be spoiled."""
    return copy.deepcopy(dict(read(HERE / "kubernetes/base/worker.yaml")[0]))


def test_what_is_made_is_what_would_be_made_now() -> None:
    """The rest of what is checked, `make check` checks."""
    assert list(check.outdated()) == []


def test_the_newest_three_versions_of_kubernetes_are_asked() -> None:
    assert len(check.VERSIONS) == 3
    assert check.VERSIONS[-1] == "1.37"


def test_a_field_that_kubernetes_does_not_know_is_found_in_every_version() -> None:
    spoiled = worker()
    spoiled["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    found = list(check.manifest_faults("worker.yaml", [spoiled]))
    assert len(found) == 3
    assert all("readinesProbe" in fault for fault in found)


def test_a_kind_that_nobody_knows_is_found() -> None:
    unknown: Manifest = {"apiVersion": "apps/v1", "kind": "StatelessSet", "metadata": {"name": "x"}}
    assert len(list(check.manifest_faults("x.yaml", [unknown]))) == 3


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("stop_grace_period: 60s", "stop_grace_period: 60 apples"),
        ("mem_limit: 256m", "memory_limit: 256m"),
        ('volumes: ["redis:/data"]', 'networks: ["nowhere"]'),
    ],
)
def test_a_compose_file_with_a_mistake_is_found(right: str, wrong: str) -> None:
    assert check.compose_fault(COMPOSE) is None
    assert check.compose_fault(COMPOSE.replace(right, wrong)) is not None


def test_a_made_file_that_was_edited_by_hand_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    file, text = next(iter(generate.made().items()))
    monkeypatch.setattr(generate, "made", lambda: {file: text + "# by hand\n"})
    (fault,) = check.outdated()
    assert fault.endswith("make manifests")


def test_patches_are_not_taken_for_manifests() -> None:
    names = {str(file.relative_to(HERE)) for file in whole()}
    assert "kubernetes/base/worker.yaml" in names
    assert "kubernetes/overlays/production/worker.yaml" not in names
