"""Tests of agents/commands/topics.py, on a real Kafka."""

import json

import pytest

from agents.commands import run
from tests.servers import GivenKafka, Kafka, Namespace

pytestmark = pytest.mark.kafka


@pytest.fixture(autouse=True)
def here(
    kafka: Kafka | GivenKafka, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> Namespace:
    """The program with this test's own settings."""
    for name, value in namespace.environment(kafka.address, "redis://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    return namespace


def test_topics_are_created_and_then_found_right(
    here: Namespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """Check before says what is missing, exit 1; check after says nothing, exit 0."""
    assert run(["topics", "--check"]) == 1
    missing = capsys.readouterr().out
    assert f"{here.topic_prefix}{here.app_id}-state-changelog: the topic is missing" in missing
    assert "11 differences" in missing
    assert run(["topics"]) == 0
    assert f"created {here.topic_prefix}profiles.dlq\n" in capsys.readouterr().out
    assert run(["topics", "--check"]) == 0
    assert capsys.readouterr().out == "all 11 topics are as they have to be\n"


def test_differences_are_printed_for_programs_too(
    here: Namespace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with what is wrong and the remedy."""
    assert run(["topics", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["created"]) == 11
    monkeypatch.setenv("TAGSTREAM_PARTITIONS", "7")
    assert run(["topics", "--check", "--json"]) == 1
    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert difference["topic"] == f"{here.topic_prefix}interactions"
    assert difference["fatal"] is True
    assert difference["remedy"].startswith("set TAGSTREAM_PARTITIONS=4")


def test_an_unreachable_server_is_one_line_and_exit_code_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback."""
    monkeypatch.setenv("TAGSTREAM_KAFKA", "127.0.0.1:1")
    assert run(["topics"]) == 3
    error = capsys.readouterr().err
    assert error.startswith("tagstream: Kafka does not answer at 127.0.0.1:1")
    assert error.count("\n") == 1
