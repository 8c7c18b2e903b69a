"""What the tests of the whole share: the events of one simulation."""

import pytest

from agents.commands import run

EVENTS = 200_000


@pytest.fixture(scope="session")
def mixed_events(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Lines of 200,000 mixed events from `simulate`, the same in every run."""
    file = tmp_path_factory.mktemp("events") / "mixed.ndjson"
    size = ["--users", "5000", "--rate", "1000", "--seconds", str(EVENTS // 1000)]
    assert run(["simulate", "--out", str(file), "--seed", "11", *size]) == 0
    return file.read_bytes().splitlines(keepends=True)
