"""The settings in which the demo lives."""

import os
from pathlib import Path

import pytest

from agents.demo.embedded import Servers
from agents.demo.world import environment, is_ready, move_in

SERVERS = Servers("127.0.0.1:1", "redis://127.0.0.1:2/0", Path("nowhere"))


def test_the_demo_does_not_touch_the_deployment_that_the_settings_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The user's servers, logins and prefixes are put aside; their catalogue stays."""
    monkeypatch.setattr(os, "environ", {"PATH": "/bin"})
    os.environ["TAGSTREAM_KAFKA"] = "production:9092"
    os.environ["TAGSTREAM_KAFKA_PASSWORD"] = "secret"
    os.environ["TAGSTREAM_CATALOGUE"] = "mine.yaml"
    move_in(environment(SERVERS))
    assert os.environ["TAGSTREAM_KAFKA"] == "127.0.0.1:1"
    assert os.environ["TAGSTREAM_REDIS"] == "redis://127.0.0.1:2/0"
    assert "TAGSTREAM_KAFKA_PASSWORD" not in os.environ
    assert os.environ["TAGSTREAM_CATALOGUE"] == "mine.yaml"
    assert os.environ["PATH"] == "/bin"


def test_a_worker_that_does_not_answer_is_not_ready() -> None:
    """Nobody listens there yet."""
    assert not is_ready("127.0.0.1:1")
