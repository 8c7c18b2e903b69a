"""`tagstream replay`: the real engine on files."""

import json
from pathlib import Path
from typing import Any

import pytest

from agents.commands import run
from tests.agents.offline.events import START, line, read, write

CATALOGUE = """
catalogue: small
version: 3
currency: CNY
timezone: UTC
measures:
  likes_1h: {count: [like], window: 1h, step: 1h}
  paid: {sum: amount, of: [payment]}
tags:
  activity:
    dimension: behaviour
    title: {zh: 活跃度, en: Activity}
    values:
      active: likes_1h >= 2
      low: likes_1h >= 1
      silent: else
  payer:
    dimension: behaviour
    title: {zh: 付款, en: Payer}
    when: paid >= 100.50
detectors:
  likes:
    title: {zh: 点赞, en: Likes}
    kind: velocity
    of: [like]
    count: 2
    within: 1m
"""
HOUR_S = 3600


@pytest.fixture(autouse=True)
def _small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a small catalogue, and a topic prefix to be found in the causes."""
    file = tmp_path / "small.yaml"
    file.write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setenv("TAGSTREAM_CATALOGUE", str(file))
    monkeypatch.setenv("TAGSTREAM_TOPIC_PREFIX", "eu.")


def replay(out: Path, *arguments: object) -> dict[str, list[dict[str, Any]]]:
    """Run it, and read its four files."""
    assert run(["replay", *map(str, arguments), "--out", str(out)]) == 0
    return {file.stem: read(file) for file in sorted(out.iterdir())}


def test_the_four_files_tell_what_came_of_the_events(tmp_path: Path) -> None:
    """Changes numbered from 1 with their cause, alerts, tags in the end, rejects."""
    events = write(
        tmp_path / "events",
        line("u1", 0),
        line("u2", 1, "payment", amount=100.5),
        line("u1", 2, "dance"),
        line("u1", 3),
    )
    found = replay(tmp_path / "out", events)
    assert [(c["seq"], c["user_id"], c["tag"], c["new"]) for c in found["changes"]][:3] == [
        (1, "u1", "activity", "low"),
        (2, "u2", "activity", "silent"),
        (3, "u2", "payer", True),
    ]
    assert [(a["seq"], a["user_id"], a["detector"]) for a in found["alerts"]] == [
        (1, "u1", "likes")
    ]
    assert found["tags"] == [
        {
            "user_id": "u1",
            "tags": {"activity": "active", "anomaly_likes": True, "anomaly": "warning"},
        },
        {"user_id": "u2", "tags": {"activity": "silent", "payer": True}},
    ]
    assert found["rejects"] == [
        {
            "file": str(events),
            "line": 3,
            "reason": "unknown_type",
            "message": found["rejects"][0]["message"],
            "event": line("u1", 2, "dance"),
        }
    ]


def test_offsets_count_the_lines_of_each_topic_and_rejected_ones_too(tmp_path: Path) -> None:
    """As if each topic had been one partition; the topic's name is the full one."""
    events = write(
        tmp_path / "events",
        line("u1", 0, "payment", amount=200),
        line("u1", 1),
        line("u1", 2, "feedback", score=9),
        "no JSON",
        line("u1", 300),
    )
    found = replay(tmp_path / "out", events)
    assert [reject["reason"] for reject in found["rejects"]] == ["bad_field", "not_json"]
    places = {
        (change["cause"]["topic"], change["cause"]["offset"], change["cause"]["id"])
        for change in found["changes"]
    }
    assert places == {
        ("eu.transactions", 0, f"u1-payment-{START}"),
        ("eu.interactions", 0, f"u1-like-{START + 1000}"),
        ("eu.interactions", 2, f"u1-like-{START + 300_000}"),
    }


def test_until_lets_the_clock_go_on_and_deadlines_at_that_instant_count(tmp_path: Path) -> None:
    """A tag goes with no event at all, at exactly its instant."""
    events = write(tmp_path / "events", line("u1", 0))
    before = replay(tmp_path / "1", events, "--until", START + HOUR_S * 1000 - 1)
    at = replay(tmp_path / "2", events, "--until", "2026-01-01T01:00:00Z")
    assert [change["new"] for change in before["changes"]] == ["low"]
    last = at["changes"][-1]
    assert (last["new"], last["time"], last["cause"]) == (
        "silent",
        START + HOUR_S * 1000,
        {"kind": "expiry"},
    )


def test_without_until_the_clock_ends_at_the_last_event(tmp_path: Path) -> None:
    """What is due by then has been settled, in the order of time."""
    events = write(tmp_path / "events", line("u1", 0), line("u2", 2 * HOUR_S))
    changes = replay(tmp_path / "out", events)["changes"]
    assert [(c["user_id"], c["new"]) for c in changes] == [
        ("u1", "low"),
        ("u1", "silent"),
        ("u2", "low"),
    ]


def test_events_after_until_are_counted_and_not_applied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One exactly at that instant is applied."""
    events = write(tmp_path / "events", line("u1", 0), line("u2", 10), line("u3", 10.001))
    found = replay(tmp_path / "out", events, "--until", START + 10_000, "--json")
    figures = json.loads(capsys.readouterr().out)
    assert [tags["user_id"] for tags in found["tags"]] == ["u1", "u2"]
    assert (figures["lines"], figures["applied"], figures["after_until"]) == (3, 2, 1)
    assert figures["clock"] == START + 10_000


def test_repeats_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And change nothing."""
    events = write(tmp_path / "events", line("u1", 0), line("u1", 0))
    found = replay(tmp_path / "out", events, "--json")
    figures = json.loads(capsys.readouterr().out)
    assert (figures["applied"], figures["duplicate"], len(found["changes"])) == (1, 1, 1)


def test_two_files_give_what_one_merged_file_gives(tmp_path: Path) -> None:
    """By event time."""
    lines = [line(f"u{n % 3}", 60 * n) for n in range(20)]
    together = replay(tmp_path / "1", write(tmp_path / "all", *lines))
    apart = replay(
        tmp_path / "2", write(tmp_path / "odd", *lines[1::2]), write(tmp_path / "even", *lines[::2])
    )
    assert apart == together


def test_an_empty_file_gives_empty_files(tmp_path: Path) -> None:
    """Nothing is wrong with no events."""
    found = replay(tmp_path / "out", write(tmp_path / "events"))
    assert found == {"alerts": [], "changes": [], "rejects": [], "tags": []}


def test_an_input_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is done then."""
    events = write(tmp_path / "changes.ndjson", line("u1", 0))
    before = events.read_bytes()
    assert run(["replay", str(events), "--out", str(tmp_path)]) == 2
    assert "would overwrite the input" in capsys.readouterr().err
    assert events.read_bytes() == before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--until", "tomorrow"], "--until tomorrow: "),
        (["--catalogue", "/nowhere.yaml"], "catalogue /nowhere.yaml cannot be read"),
        (["--out", "/proc/nowhere"], "--out /proc/nowhere cannot be written"),
    ],
)
def test_wrong_use_is_exit_2_with_one_line(
    wrong: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Naming the option."""
    events = write(tmp_path / "events", line("u1", 0))
    assert run(["replay", str(events), "--out", str(tmp_path / "out"), *wrong]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"tagstream: {message}")
    assert err.count("\n") == 1


def test_a_broken_catalogue_is_exit_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program started with it says all its mistakes."""
    broken = tmp_path / "broken.yaml"
    broken.write_text(CATALOGUE.replace("likes_1h >=", "like_1h >="), encoding="utf-8")
    monkeypatch.setenv("TAGSTREAM_CATALOGUE", str(broken))
    assert run(["replay", str(write(tmp_path / "events")), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count('did you mean "likes_1h"?') == 2


ACROSS = """detectors:
  copied:
    title: {zh: 抄袭, en: Copied}
    kind: duplicate_content
    of: [post]
    users: 2
    within: 1h
"""


def test_what_users_say_alike_is_found_right_after_its_cause(tmp_path: Path) -> None:
    """Both posters, the one who completed it first; an event behind it comes after."""
    head, _, _ = CATALOGUE.partition("detectors:\n")
    (tmp_path / "small.yaml").write_text(head + ACROSS, encoding="utf-8")
    said = {"type": "post", "content": "Buy!", "community_id": "g1"}
    events = write(
        tmp_path / "events.ndjson",
        line("ann", 0, **said),
        line("bob", 60, **said),
        line("ann", 60, type="like"),
        line("eve", 60 + HOUR_S, **said),
    )
    told = replay(tmp_path / "out", events)
    assert [(a["user_id"], a["detector"], a["evidence"]["users"]) for a in told["alerts"]] == [
        ("bob", "copied", 2),
        ("ann", "copied", 2),
    ]
    assert told["alerts"][0]["cause"]["topic"] == "eu.tagstream-derived"
    order = [(c["user_id"], c["tag"]) for c in told["changes"] if c["time"] == START + 60_000]
    assert order[-1] == ("ann", "activity")
    assert ("ann", "anomaly_copied") in order
