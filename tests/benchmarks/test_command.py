import json
from pathlib import Path

import pytest

from agents.commands import run


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is started for it."""
    assert run(["bench", "--help"]) == 0
    assert "tagstream bench --recovery --users 1000000" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "ours,flink"], "--only flink: allowed is ours, faust, aiokafka"),
        (["--peers", "faust"], "--peers faust: allowed is quix, kstreams"),
        (["--json", "/nowhere/at/all"], "--json /nowhere/at/all cannot be written"),
    ],
)
def test_wrong_use_is_told_before_anything_starts(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and one line that says what is allowed."""
    assert run(["bench", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.kafka
@pytest.mark.usefixtures("servers_of_the_tests")
def test_a_small_benchmark_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table on stdout, progress on stderr, everything in the file."""
    file = tmp_path / "figures.json"
    asked = ["--only", "aiokafka", "--events", "2000", "--runs", "2", "--json", str(file)]
    assert run(["bench", *asked]) == 0
    printed = capsys.readouterr()
    assert "aiokafka" in printed.out
    assert "run 2 of 2" in printed.err
    assert len(json.loads(file.read_bytes())["runs"]) == 2
