"""`tagstream config`."""

import json

import pytest

from agents.commands import run
from agents.settings import meanings


def test_every_setting_is_shown_with_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe nothing is cut off."""
    assert run(["config"]) == 0
    out = capsys.readouterr().out
    assert all(name in out and meaning in out for name, meaning in meanings().items())


def test_json_has_every_variable_and_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As text, by the name of the variable."""
    monkeypatch.setenv("TAGSTREAM_KAFKA_PASSWORD", "hunter2")
    assert run(["config", "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out).keys() == meanings().keys()
    assert "hunter2" not in out
