"""`tagstream check`."""

import json
from pathlib import Path

import pytest

from agents.commands import run
from agents.settings import PACKAGED_CATALOGUE
from tests.streams.catalogue.test_load import BROKEN


def test_the_packaged_catalogue_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    """And its contents are counted."""
    assert run(["check", str(PACKAGED_CATALOGUE)]) == 0
    assert "is right: " in capsys.readouterr().out


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Give a catalogue with two mistakes."""
    text = PACKAGED_CATALOGUE.read_text(encoding="utf-8")
    file = tmp_path / "broken.yaml"
    file.write_text(text.replace("interactions_7d >= ", "interaction_7d >= ", 2), encoding="utf-8")
    return file


def test_every_mistake_has_its_place_and_a_suggestion(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As file:line:column, and the exit code is 1."""
    assert run(["check", str(broken)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    for line in lines:
        place, _, message = line.removeprefix(f"{broken}:").partition(": ")
        assert [part.isdecimal() for part in place.split(":")] == [True, True]
        assert message == 'unknown measure "interaction_7d", did you mean "interactions_7d"?'


def test_mistakes_as_json(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For editors and pipelines."""
    assert run(["check", str(broken), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["catalogue"] is None
    assert [sorted(fault) for fault in answer["faults"]] == [["column", "line", "message"]] * 2


def test_a_catalogue_that_is_not_there_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, not 1: nothing was checked."""
    assert run(["check", "/nowhere.yaml"]) == 2
    assert capsys.readouterr().err == (
        "tagstream: catalogue /nowhere.yaml cannot be read: No such file or directory\n"
    )


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_every_broken_catalogue_is_refused_at_its_fault(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its first line says where and why; nothing but lines with a place comes out."""
    place, _, message = file.read_text(encoding="utf-8").splitlines()[0][2:].partition(" ")
    assert run(["check", str(file)]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(f"{file}:{place}: ")
    assert message in out
    assert err == ""
