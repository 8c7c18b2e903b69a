"""Tests of agents/commands/simulate.py."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from agents.commands import run
from agents.simulate.plan import Plan
from agents.simulate.traffic import Traffic
from tests.servers import GivenKafka, Kafka, Namespace

Capture = pytest.CaptureFixture[str]
START = 1_748_793_600_000
DAY = ["simulate", "--rate", "100", "--seconds", "60", "--speed", "1440", "--seed", "7"]


def test_a_file_holds_the_traffic_of_the_plan_and_the_truth_beside_it(
    tmp_path: Path, capsys: Capture
) -> None:
    """One event a line, one planted anomaly a line."""
    out, truth = tmp_path / "events.ndjson", tmp_path / "truth.ndjson"
    start = ["--start", "2025-06-02T00:00:00+08:00"]
    assert run([*DAY, *start, "--out", str(out), "--truth", str(truth), "--json"]) == 0
    traffic = Traffic(Plan(START, rate=100, seconds=60, speed=1440, seed=7))
    assert out.read_bytes().splitlines() == [sent.value for sent in traffic]
    anomalies = [json.loads(line) for line in truth.read_text().splitlines()]
    assert anomalies == [{**one.as_json(), "events": list(one.events)} for one in traffic.truth()]
    assert anomalies[0].keys() == {"detector", "user_id", "from", "to", "events"}
    summary = json.loads(capsys.readouterr().out)
    assert sum(summary["sent"].values()) == 6_000
    assert summary["anomalies"] == len(anomalies) > 0
    assert summary["start"] == START


def test_what_members_do_together_is_planted_if_asked_for(tmp_path: Path) -> None:
    """With a line of the truth for each of them."""
    truth = tmp_path / "truth.ndjson"
    files = ["--out", str(tmp_path / "events.ndjson"), "--truth", str(truth)]
    start = ["--start", str(START), "--across-users"]
    assert run([*DAY, *start, *files]) == 0
    plan = Plan(START, rate=100, seconds=60, speed=1440, seed=7, across_users=True)
    traffic = Traffic(plan)
    assert len(list(traffic)) == 6_000
    told = [json.loads(line) for line in truth.read_text().splitlines()]
    assert [one["user_id"] for one in told] == [one.user_id for one in traffic.truth()]
    assert "advert_ring" in {one["detector"] for one in told}


def test_a_file_made_twice_is_the_same_file_and_lies_in_the_past(tmp_path: Path) -> None:
    """Without --start too, within a day."""
    first, second = tmp_path / "1", tmp_path / "2"
    assert run([*DAY, "--out", str(first)]) == run([*DAY, "--out", str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
    times = [json.loads(line)["time"] for line in first.read_text().splitlines()]
    assert max(at for at in times if isinstance(at, int)) < time.time() * 1000


def test_a_path_that_cannot_be_written_is_wrong_use(capsys: Capture) -> None:
    """Told at once, for the truth too."""
    assert run([*DAY, "--out", "/nowhere/events.ndjson"]) == 2
    assert "/nowhere/events.ndjson" in capsys.readouterr().err
    assert run([*DAY, "--truth", "/nowhere/truth.ndjson"]) == 2
    assert "/nowhere/truth.ndjson" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--start", "yesterday", "--out", "x"], "--start"),
        (["--rate", "0", "--out", "x"], "--rate"),
        (["--broken", "2", "--out", "x"], "--broken"),
        (["--users", "none"], "--users"),
        (["--speed", "60"], "--start"),
    ],
)
def test_a_wrong_option_is_named(arguments: list[str], names: str, capsys: Capture) -> None:
    """Exit code 2, before anything is done."""
    assert run(["simulate", *arguments]) == 2
    assert names in capsys.readouterr().err


@pytest.mark.kafka
def test_live_traffic_reaches_kafka_at_its_rate_until_ctrl_c(
    kafka: Kafka | GivenKafka, namespace: Namespace, tmp_path: Path
) -> None:
    """A clean end: what was sent is acknowledged, the truth is written, exit 0."""
    environment = namespace.environment(kafka.address, "redis://127.0.0.1:1")
    with _program(environment, "topics") as topics:
        assert topics.wait(30) == 0
    truth = tmp_path / "truth.ndjson"
    options = ["--rate", "500", "--users", "50", "--truth", str(truth), "--json"]
    with _program(environment, "simulate", *options) as process:
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=15)
    assert process.returncode == 0
    summary = json.loads(out)
    sent = Counter(summary["sent"])
    assert summary["seconds"] * 100 < sent.total() < summary["seconds"] * 510
    assert len(truth.read_text().splitlines()) == summary["anomalies"]


def _program(environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    """The program as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "agents.commands", *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
    )
