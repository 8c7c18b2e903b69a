"""Checks the files in `deploy/`: part of `make check`. Says each fault in a line; exit code 1.

| file | against |
|---|---|
| made files | what would be made now |
| `compose.yaml` | the Compose specification |
| manifests, as they are and as Kustomize renders them | schemas of the newest three Kubernetes |

Kinds of other projects (Strimzi, KEDA, Prometheus operator, External Secrets) have no schema here:
they are held to the list `FOREIGN`. Dockerfile and YAML style are checked by hadolint and yamllint.
"""

import json
import sys
from collections.abc import Iterable, Iterator

import kubernetes_validate
from compose_spec import PyCompose
from kubernetes_validate import utils as known
from ruamel.yaml import YAML

from deploy import generate
from deploy.manifests import EXAMPLE, HERE, RENDERED, Manifest, kustomize, read, render, whole

VERSIONS = sorted(
    {known.major_minor(version) for version in known.all_versions()},
    key=lambda version: tuple(map(int, version.split("."))),
)[-3:]
"""The newest three that the schemas are known of."""

FOREIGN = {
    ("kafka.strimzi.io/v1beta2", "KafkaTopic"),
    ("kafka.strimzi.io/v1beta2", "KafkaUser"),
    ("keda.sh/v1alpha1", "ScaledObject"),
    ("monitoring.coreos.com/v1", "PodMonitor"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
    ("external-secrets.io/v1", "ExternalSecret"),
}


def faults() -> Iterator[str]:
    """Every fault."""
    yield from outdated()
    yield from _compose_faults()
    for where, manifests in _manifests().items():
        yield from manifest_faults(where, manifests)


def manifest_faults(where: str, manifests: Iterable[Manifest]) -> Iterator[str]:
    """Faults of these manifests, in each of the versions."""
    for manifest in manifests:
        if (manifest.get("apiVersion"), manifest.get("kind")) in FOREIGN:
            continue
        name = f"{where}: {manifest.get('kind')} {manifest['metadata']['name']}"
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(dict(manifest), version, strict=True)
            except kubernetes_validate.ValidationError as fault:
                path = ".".join(map(str, fault.path))
                yield f"{name}: Kubernetes {version}: {path}: {fault.message}"
            except kubernetes_validate.SchemaNotFoundError as fault:
                yield f"{name}: {fault.message}"


def compose_fault(text: str) -> str | None:
    """What is wrong with a Compose file; None if nothing is."""
    merged = YAML(typ="safe").load(text)  # `<<` is YAML's, not Compose's
    try:
        PyCompose.from_json(json.dumps(merged)).validate()
    except ValueError as fault:
        return str(fault)
    return None


def _manifests() -> dict[str, list[Manifest]]:
    """All of them; as Kustomize renders them, if it is here."""
    command = kustomize()
    if command is None:
        return {str(file.relative_to(HERE)): documents for file, documents in whole().items()}
    folders = {str(folder.relative_to(HERE)): render(command, folder) for folder in RENDERED}
    return folders | {f"kubernetes/{EXAMPLE.name}": read(EXAMPLE)}


def outdated() -> Iterator[str]:
    """Made files that are not what would be made now."""
    for file, text in generate.made().items():
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            yield f"{file.relative_to(HERE)} is not what would be made now: make manifests"


def _compose_faults() -> Iterator[str]:
    if fault := compose_fault((HERE / "compose.yaml").read_text(encoding="utf-8")):
        yield f"compose.yaml: {fault}"


def main() -> int:
    """Prints the faults."""
    found = list(faults())
    for fault in found:
        print(f"deploy/{fault}", file=sys.stderr)  # noqa: T201 - this is the program's voice
    rendered = "rendered too" if kustomize() else "NOT RENDERED: there is no kubectl or kustomize"
    versions = ", ".join(VERSIONS)
    print(f"deploy: {len(found)} faults; Kubernetes {versions}; {rendered}")  # noqa: T201 - same
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
