"""Lines become events; several files become one sequence."""

import json
from pathlib import Path

from agents.offline.events import Refused, merge_lines, read_events
from schemas.events import TOPIC_OF, Event
from schemas.lines import LineDecoder
from tests.agents.offline.events import START, line, write

LINES = LineDecoder("CNY", now=START + 86_400_000)


def sequence(*files: Path) -> list[Event | Refused]:
    """Everything in the files, in one sequence."""
    return list(read_events(files, LINES.decode_all, lambda _: None))


def test_files_are_merged_by_event_time_and_keep_their_own_order(tmp_path: Path) -> None:
    """An event that is late in its file is late in the merge; ties go by the files' order."""
    one = write(tmp_path / "1", line("a", 0), line("b", 10), line("late", 4), line("c", 20))
    two = write(tmp_path / "2", line("d", 5), line("tie", 10), line("e", 15))
    merged = sequence(one, two)
    users = ["a", "d", "b", "late", "tie", "e", "c"]
    assert [one.user_id for one in merged if not isinstance(one, Refused)] == users
    lines = [json.loads(one.data) for one in merge_lines((one, two), LINES.decode, lambda _: None)]
    assert [one["user_id"] for one in lines] == users


def test_a_rejected_line_stays_at_its_place(tmp_path: Path) -> None:
    """It has the time of the event before it, and its topic if it tells its type."""
    one = write(tmp_path / "1", line("a", 0), "no JSON", line("b", 20, "payment"), line("c", 30))
    two = write(tmp_path / "2", line("d", 10))
    merged = sequence(one, two)
    found = [
        (one.topic, one.rejected.reason) if isinstance(one, Refused) else TOPIC_OF[one.type]
        for one in merged
    ]
    assert found == [
        "interactions",
        (None, "not_json"),
        ("transactions", "missing_field"),
        "interactions",
        "interactions",
    ]
    lines = merge_lines((one, two), LINES.decode, lambda _: None)
    assert [(line.file, line.number) for line in lines] == [
        *((str(one), 1), (str(one), 2), (str(one), 3), (str(two), 1), (str(one), 4)),
    ]
    assert [e.time for e in merged] == [START, START, START, START + 10_000, START + 30_000]


def test_cloud_events_are_events_too(tmp_path: Path) -> None:
    """A line with a `specversion` is an envelope."""
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "s",
        "type": "visit",
        "subject": "u1",
        "time": "2026-01-01T00:00:00Z",
        "data": {"duration_s": 5},
    }
    [decoded] = sequence(write(tmp_path / "1", event))
    assert not isinstance(decoded, Refused)
    assert (decoded.type, decoded.user_id) == ("visit", "u1")
