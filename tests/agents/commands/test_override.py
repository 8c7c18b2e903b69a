"""Tests of `tagstream override` and `tagstream erase`: on real servers, with a real worker."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.commands import run
from agents.commands.override import read_value
from agents.errors import WrongUse
from schemas.murmur2 import partition_of
from streams.catalogue.load import load
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

Capture = pytest.CaptureFixture[str]
CATALOGUE = """
catalogue: people
version: 1
currency: CNY
timezone: Asia/Shanghai
measures:
  likes: {count: [like]}
  grade: {attribute: grade}
tags:
  mood: {dimension: behaviour, values: {warm: likes >= 2, cold: else}}
  vip: {dimension: risk, when: likes >= 100}
  grade_tag: {dimension: risk, value: grade}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The catalogue as a file."""
    path = tmp_path / "people.yaml"
    path.write_text(CATALOGUE)
    return path


@pytest.fixture
def deployment(
    kafka: Kafka | GivenKafka,
    redis_server: RedisServer | GivenRedis,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Deployment:
    """Settings of this test alone."""
    deployment = Deployment(
        kafka.address, redis_server.url, TAGSTREAM_CATALOGUE=str(file), TAGSTREAM_CLOCK="wall"
    )
    for name, value in deployment.environment.items():
        monkeypatch.setenv(name, value)
    return deployment


@pytest.fixture
def alive(deployment: Deployment) -> Iterator[Deployment]:
    """With a worker."""
    worker = deployment.worker()
    worker.start()
    yield deployment
    worker.stop()


@pytest.mark.kafka
def test_a_correction_is_sent_seen_and_taken_back(alive: Deployment, capsys: Capture) -> None:
    """And the user is forgotten in the end; each command returns when Redis shows it."""
    said = ["--by", "ann", "--reason", "met her", "--until", "2999-01-01T00:00:00Z", "--json"]
    assert run(["override", "u1", "mood", "warm", *said]) == 0
    assert json.loads(capsys.readouterr().out)["now"]["value"] == "warm"
    assert run(["why", "u1", "mood"]) == 0
    assert "override by ann until 2999-01-01T00:00:00.000Z: met her" in capsys.readouterr().out
    with alive.redis() as redis:
        entries = redis.xrange(alive.keys.changes(partition_of("u1", alive.partitions)))
        causes = [json.loads(fields[b"data"])["cause"] for _, fields in entries]
    assert causes == [{"kind": "override", "by": "ann", "reason": "met her"}]
    assert run(["override", "u1", "vip", "true"]) == 0
    assert capsys.readouterr().out == "u1: vip = yes\n"
    assert run(["override", "u1", "vip", "false"]) == 0
    assert capsys.readouterr().out == "u1: vip = -\n"
    assert run(["override", "u1", "mood", "--clear"]) == 0
    assert capsys.readouterr().out == "u1: mood = cold\n"
    assert run(["erase", "u1"]) == 0
    assert capsys.readouterr().out.startswith("user 'u1' is forgotten; until ")
    assert run(["lookup", "u1"]) == 1
    assert run(["why", "u1", "--forecast"]) == 1
    capsys.readouterr()
    assert run(["override", "u1", "vip", "true"]) == 0
    assert run(["erase", "u1", "--json"]) == 0
    said_of_it = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said_of_it["dropped_until"] >= said_of_it["older_than"] + 30 * 86_400_000


@pytest.mark.kafka
def test_without_a_worker_the_order_stands_in_kafka_and_the_exit_code_is_1(
    deployment: Deployment, capsys: Capture
) -> None:
    assert deployment.partitions
    for command in (["override", "u1", "mood", "warm"], ["erase", "u1"]):
        assert run([*command, "--wait", "0.2"]) == 1
        (said,) = capsys.readouterr().err.splitlines()
        assert "no worker has taken it within 0.2 s" in said


@pytest.mark.kafka
@pytest.mark.usefixtures("alive")
def test_a_correction_that_the_worker_has_no_place_for_is_a_dead_letter(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our catalogue is newer than the worker's: the command says so."""
    newer = tmp_path / "newer.yaml"
    newer.write_text(CATALOGUE.replace("warm:", "hot:"))
    monkeypatch.setenv("TAGSTREAM_CATALOGUE", str(newer))
    assert run(["override", "u1", "mood", "hot"]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert "another catalogue" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["u1", "moood", "warm"], 'unknown tag "moood", did you mean "mood"?'),
        (["u1", "moood", "--clear"], 'unknown tag "moood"'),
        (["u1", "mood", "hot"], "warm, cold"),
        (["u1", "vip", "yes"], "true, or false"),
        (["u1", "mood"], "either a VALUE or --clear"),
        (["u1", "mood", "warm", "--clear"], "either a VALUE or --clear"),
        (["u1", "mood", "warm", "--until", "tomorrow"], "--until tomorrow"),
        (["u1", "mood", "warm", "--until", "2020-01-01T00:00:00Z"], "has passed"),
        (["u1", "mood", "warm", "--reason", "x" * 129], "reason"),
        (["u\n1", "mood", "warm"], "user_id"),
    ],
)
def test_wrong_use_is_one_clear_line_and_nothing_is_sent(
    arguments: list[str], said: str, file: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No server is asked: none is there."""
    monkeypatch.setenv("TAGSTREAM_CATALOGUE", str(file))
    monkeypatch.setenv("TAGSTREAM_KAFKA", "127.0.0.1:1")
    assert run(["override", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_a_kafka_that_is_away_is_exit_3(
    file: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAGSTREAM_CATALOGUE", str(file))
    monkeypatch.setenv("TAGSTREAM_KAFKA", "127.0.0.1:1")
    for command in (["override", "u1", "mood", "warm"], ["erase", "u1"]):
        assert run(command) == 3
        assert "TAGSTREAM_KAFKA" in capsys.readouterr().err


def test_what_is_typed_becomes_a_value_of_the_tag() -> None:
    catalogue = load(CATALOGUE, "people.yaml")
    assert read_value(catalogue, "vip", "true") is True
    assert read_value(catalogue, "vip", "false") is False
    assert read_value(catalogue, "grade_tag", "true") == "true"
    assert read_value(catalogue, "mood", "warm") == "warm"
    with pytest.raises(WrongUse):
        read_value(catalogue, "vip", "1")
