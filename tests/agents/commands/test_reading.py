"""`lookup`, `why` and `watch`, against a real Redis."""

import json
from pathlib import Path

import pytest

from agents.commands import run
from agents.commands.watch import parse_start
from agents.errors import WrongUse
from schemas.changes import Why
from tests.agents.published import Published, users_of

pytestmark = pytest.mark.usefixtures("environment")

ACTIVE = Why("interactions_7d >= 5", {"interactions_7d": 7, "staff": None})


def test_lookup_shows_the_tags(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """One a line, by name; flags as yes, sets as lists."""
    published.change("u1", "communities", ["c1", "c7"], ACTIVE)
    published.change("u1", "activity", "active", ACTIVE)
    published.change("u1", "default_history", new=True, why=ACTIVE)
    assert run(["lookup", "u1"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[2:] == [
        ["activity", "active", "2023-11-14", "22:13:20.000Z"],
        ["communities", "c1,", "c7", "2023-11-14", "22:13:20.000Z"],
        ["default_history", "yes", "2023-11-14", "22:13:20.000Z"],
    ]


def test_lookup_prints_json_as_the_http_api_does(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """`{user_id, tags: {tag: {value, since, seq}}}`."""
    published.change("u1", "activity", "active", ACTIVE)
    assert run(["lookup", "u1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "user_id": "u1",
        "tags": {"activity": {"value": "active", "since": 1_700_000_000_000, "seq": 1}},
    }


@pytest.mark.parametrize("command", [["lookup", "nobody"], ["why", "nobody"]])
def test_an_unknown_user_is_exit_1(
    command: list[str], published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said on stderr, in one line."""
    del published
    assert run(command) == 1
    assert capsys.readouterr() == ("", "tagstream: user 'nobody' is not known: there is no tag\n")


def test_before_any_worker_the_message_names_the_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is published under this prefix."""
    assert run(["lookup", "u1"]) == 1
    assert "see TAGSTREAM_REDIS and TAGSTREAM_PREFIX" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [["lookup", "u"], ["why", "u"], ["watch"], ["match", "activity"], ["export"]]
)
def test_an_unreachable_redis_is_exit_3_and_its_password_is_not_told(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that names the setting."""
    monkeypatch.setenv("TAGSTREAM_REDIS", "redis://me:hunter2@127.0.0.1:1/0")
    assert run(command) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tagstream: Redis does not answer at redis://me:***@127.0.0.1:1/0 (")
    assert err.endswith("or name the right server in TAGSTREAM_REDIS\n")
    assert err.count("\n") == 1
    assert "hunter2" not in err


def test_why_shows_the_rule_and_what_it_looked_at(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """Missing figures are shown as missing."""
    published.change("u1", "activity", "active", ACTIVE)
    assert run(["why", "u1", "activity"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "activity = active   since 2023-11-14 22:13:20.000Z",
        "    because interactions_7d >= 5",
        "    interactions_7d = 7",
        "    staff = (missing)",
    ]


def test_why_shows_times_and_truths_for_people(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number of milliseconds since 1970 tells nobody anything."""
    figures = {"last_seen": 1_700_000_000_123, "default_history": False, "borrowed_90d": 1e16}
    published.change("u1", "dormancy", "lost", Why("days_since(last_seen) >= 90", figures))
    published.change("u2", "anomaly_x", new=True, why=Why("velocity", {"until": 1_700_000_000_123}))
    assert run(["why", "u1"]) == 0
    assert run(["why", "u2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "    last_seen = 2023-11-14 22:13:20.123Z" in lines
    assert "    until = 2023-11-14 22:13:20.123Z" in lines
    assert "    default_history = no" in lines
    assert "    borrowed_90d = 10000000000000000" in lines


def test_why_does_without_a_readable_catalogue(
    published: Published,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The tags are in Redis, whoever wrote them."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("tags: [")
    monkeypatch.setenv("TAGSTREAM_CATALOGUE", str(broken))
    published.change("u1", "dormancy", "lost", Why("x", {"last_seen": 17}))
    assert run(["why", "u1"]) == 0
    assert "    last_seen = 17" in capsys.readouterr().out


def test_match_prints_users_and_says_how_many(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """One a line on stdout; the number on stderr, where a program does not stumble over it."""
    for n in range(5):
        published.change(f"u{n}", "activity", "active")
    published.change("u3", "default_history", new=True)
    assert run(["match", "activity=active and not default_history"]) == 0
    out, err = capsys.readouterr()
    assert sorted(out.split()) == ["u0", "u1", "u2", "u4"]
    assert err == "4 users\n"
    assert run(["match", "activity", "--limit", "2", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["count"], len(answer["users"])) == (5, 2)
    assert run(["match", "activity", "--limit", "2"]) == 0
    assert capsys.readouterr().err == "5 users, the first 2 shown\n"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("activity=", 'query, column 10: a value is expected after "=", not the end'),
        ("activty", 'query, column 1: unknown tag "activty", did you mean "activity"?'),
    ],
)
def test_a_wrong_query_is_exit_2_with_its_column(
    query: str, said: str, published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line; unknown names are corrected by the catalogue."""
    del published
    assert run(["match", query]) == 2
    assert capsys.readouterr() == ("", f"tagstream: {said}\n")


def test_export_prints_each_user_once(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """NDJSON as lookups answer; CSV with a line for each value."""
    for n in range(300):
        published.change(f"u{n}", "activity", "active")
    published.change("u7", "communities", ["c1", "c7"])
    published.change("u7", "default_history", new=True)
    assert run(["export"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(line["user_id"] for line in lines) == sorted(f"u{n}" for n in range(300))
    [seventh] = [line for line in lines if line["user_id"] == "u7"]
    assert seventh["tags"]["communities"]["value"] == ["c1", "c7"]
    assert run(["export", "--format", "csv"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header == "user_id,tag,value,since"
    assert len(rows) == 303
    assert [row for row in rows if row.startswith("u7,")] == [
        "u7,activity,active,2023-11-14 22:13:20.000Z",
        "u7,communities,c1,2023-11-14 22:13:20.000Z",
        "u7,communities,c7,2023-11-14 22:13:20.000Z",
        "u7,default_history,true,2023-11-14 22:13:20.000Z",
    ]


def test_why_of_a_tag_that_the_user_does_not_have_is_exit_1(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says which there are."""
    published.change("u1", "activity", "active", ACTIVE)
    assert run(["why", "u1", "activty"]) == 1
    assert "does not have the tag 'activty', but: activity" in capsys.readouterr().err


def test_why_prints_json(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """Rule and measures by tag."""
    published.change("u1", "activity", "active", ACTIVE)
    assert run(["why", "u1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "user_id": "u1",
        "why": {
            "activity": {
                "rule": "interactions_7d >= 5",
                "measures": {"interactions_7d": 7, "staff": None},
            }
        },
    }


def test_watch_prints_changes(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """Partition and seq first: what --from takes."""
    user = users_of(2, 1)[0]
    published.change(user, "activity", "active", ACTIVE)
    assert run(["watch", "--from", "start", "--count", "1"]) == 0
    assert capsys.readouterr().out == (
        f"2:1 2023-11-14 22:13:20.000Z {user} activity: - -> active  (expiry)\n"
    )


def test_watch_prints_json_with_the_partition(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """The change as it stands in the stream."""
    user = users_of(2, 1)[0]
    published.change(user, "activity", "active", ACTIVE)
    assert run(["watch", "--from", "start", "--count", "1", "--json"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert list(line)[:3] == ["partition", "seq", "user_id"]
    assert (line["partition"], line["new"], line["catalogue"]) == (2, "active", "c@1")


def test_watch_prints_alerts(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """With severity, title and how many were kept quiet."""
    published.alert(users_of(0, 1)[0])
    assert run(["watch", "--alerts", "--from", "0:0", "--count", "1"]) == 0
    assert capsys.readouterr().out.endswith(
        f" warning {users_of(0, 1)[0]} Small, frequent borrowing, 2 suppressed before\n"
    )


def test_watch_says_what_is_missing(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, where it does not disturb a program that reads."""
    for user in users_of(1, 3):
        published.change(user, "activity", "active", ACTIVE)
    published.trim(1, keep=1)
    assert run(["watch", "--from", "1:1", "--count", "1", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["seq"] == 3
    assert err.startswith(
        "tagstream: partition 1: entries are missing before seq 3: the stream was trimmed"
    )


@pytest.mark.parametrize("wrong", ["later", "1", "1:x", "1:2:3", ""])
def test_a_wrong_place_to_start_is_wrong_use(wrong: str) -> None:
    """The message says what is allowed."""
    with pytest.raises(WrongUse, match="allowed is start, now, or P:SEQ"):
        parse_start(wrong)
