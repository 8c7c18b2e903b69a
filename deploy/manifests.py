"""The Kubernetes manifests as values: read from their files, and as Kustomize renders them."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Manifest = Mapping[str, Any]

HERE = Path(__file__).parent
KUBERNETES = HERE / "kubernetes"
RENDERED = (
    KUBERNETES / "overlays/small",
    KUBERNETES / "overlays/production",
    KUBERNETES / "kafka",
    KUBERNETES / "kafka-small",
)
"""Folders that somebody applies; each has a kustomization."""
EXAMPLE = KUBERNETES / "examples/external-secret.yaml"
_WITHIN_S = 60


def read(file: Path) -> list[Manifest]:
    """Return the documents of a file."""
    return list(YAML(typ="safe").load_all(file.read_text(encoding="utf-8")))


def whole() -> dict[Path, list[Manifest]]:
    """All manifests of files that stand by themselves: not patches, which are parts of some."""
    own = [*KUBERNETES.rglob("*.yaml"), HERE / "monitoring/pod-monitor.yaml"]
    return {
        file: read(file)
        for file in sorted(own)
        if file.name != "kustomization.yaml" and not _is_patch(file)
    }


def _is_patch(file: Path) -> bool:
    kustomization = file.parent / "kustomization.yaml"
    if not kustomization.exists():
        return False
    patches = read(kustomization)[0].get("patches", ())
    return file.name in [patch.get("path") for patch in patches]


def kustomize() -> list[str] | None:
    """The command that renders a folder; None where it is not installed."""
    if found := shutil.which("kustomize"):
        return [found, "build"]
    if found := shutil.which("kubectl"):
        return [found, "kustomize"]
    return None


def render(command: list[str], folder: Path) -> list[Manifest]:
    """What `kubectl apply --kustomize` would send."""
    done = subprocess.run(  # noqa: S603 - kustomize on a folder of ours
        [*command, str(folder)], capture_output=True, text=True, timeout=_WITHIN_S, check=False
    )
    if done.returncode:
        raise ValueError(f"{folder}: {done.stderr.strip()}")
    return list(YAML(typ="safe").load_all(done.stdout))
