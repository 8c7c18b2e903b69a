"""What the tests of the whole share: the events of one simulation."""

from collections.abc import Iterator

import pytest

from agents.commands import run
from tests.end_to_end.deployment import Deployment
from tests.servers.worker import Worker

EVENTS = 200_000


@pytest.fixture(scope="session")
def mixed_events(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Lines of 200,000 mixed events from `simulate`, the same in every run."""
    file = tmp_path_factory.mktemp("events") / "mixed.ndjson"
    size = ["--users", "5000", "--rate", "1000", "--seconds", str(EVENTS // 1000)]
    assert run(["simulate", "--out", str(file), "--seed", "11", *size]) == 0
    return file.read_bytes().splitlines(keepends=True)


@pytest.fixture
def workers(deployment: Deployment) -> Iterator[list[Worker]]:
    """Two workers that are restarted within seconds: static members of their group."""
    both = [deployment.worker(TAGSTREAM_INSTANCE_ID=name) for name in ("a", "b")]
    for worker in both:
        worker.launch()
    for worker in both:
        worker.wait_until_ready()
    yield both
    for worker in both:
        worker.stop()
