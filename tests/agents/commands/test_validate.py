"""`tagstream validate`."""

import json
from pathlib import Path

import pytest

from agents.commands import run
from tests.agents.offline.events import line, write

pytestmark = pytest.mark.usefixtures("environment")


def test_right_events_are_exit_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a summary."""
    file = write(tmp_path / "events", line("u1", 0), "", line("u1", 1, "borrow", amount="100.5"))
    assert run(["validate", str(file)]) == 0
    assert capsys.readouterr().out == "2 events, 0 wrong\n"


def test_each_wrong_line_is_told_with_its_place_and_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As editors understand it: file:line."""
    one = write(tmp_path / "1", line("u1", 0), "no JSON", line("u1", 0, "borrow", amount=0))
    two = write(tmp_path / "2", "", line("u1", 0, "dance"))
    assert run(["validate", str(one), str(two)]) == 1
    first, second, third, summary = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{one}:2: not_json: ")
    assert second.startswith(f"{one}:3: bad_field: ")
    assert third.startswith(f"{two}:2: unknown_type: ")
    assert summary == "4 events, 3 wrong"


def test_json_prints_a_fault_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the summary goes to stderr."""
    file = write(tmp_path / "events", "{}", line("u1", 0))
    assert run(["validate", str(file), "--json"]) == 1
    out, err = capsys.readouterr()
    fault = json.loads(out)
    assert (fault["file"], fault["line"], fault["reason"]) == (str(file), 1, "missing_field")
    assert err == "2 events, 1 wrong\n"


def test_an_event_of_tomorrow_is_in_the_future(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Compared with the wall clock."""
    file = write(tmp_path / "events", line("u1", 0, time="2999-01-01T00:00:00Z"))
    assert run(["validate", str(file)]) == 1
    assert ": future_time: " in capsys.readouterr().out


def test_a_missing_file_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is checked then."""
    assert run(["validate", "/nowhere"]) == 2
    assert capsys.readouterr().err == "tagstream: /nowhere does not exist\n"
