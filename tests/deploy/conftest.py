"""What the tests of `deploy/` ask for."""

import shutil

import pytest

from deploy.manifests import RENDERED, Manifest, kustomize, render
from tests.conftest import skip_loudly


@pytest.fixture(scope="session")
def rendered() -> dict[str, list[Manifest]]:
    """Return what Kustomize makes of each folder that somebody applies, by the folder's name."""
    command = kustomize()
    if command is None:
        pytest.skip("no kubectl and no kustomize on the PATH")
    return {folder.name: render(command, folder) for folder in RENDERED}


@pytest.fixture(scope="session")
def promtool() -> str:
    """The path of Prometheus' own checker, which no package registry of Python has."""
    found = shutil.which("promtool")
    if found is None:
        skip_loudly("promtool: Debian and Ubuntu have it in the package prometheus")
    return found
