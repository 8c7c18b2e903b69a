"""What the tests of `deploy/` ask for."""

import shutil

import pytest

from deploy.manifests import RENDERED, Manifest, kustomize, render
from tests.conftest import MISSING


@pytest.fixture(scope="session")
def rendered() -> dict[str, list[Manifest]]:
    """Return what Kustomize makes of each folder that somebody applies, by the folder's name."""
    command = kustomize()
    if command is None:
        pytest.skip("no kubectl and no kustomize on the PATH")
    return {folder.name: render(command, folder) for folder in RENDERED}


@pytest.fixture(scope="session")
def promtool(request: pytest.FixtureRequest) -> str:
    """The path of Prometheus' own checker, which no package registry of Python has."""
    found = shutil.which("promtool")
    if found is None:
        reason = "promtool: Debian and Ubuntu have it in the package prometheus"
        request.config.stash.setdefault(MISSING, []).append(reason)
        pytest.skip(reason)
    return found
