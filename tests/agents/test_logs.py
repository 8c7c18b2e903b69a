import json
import logging
import sys
from collections.abc import Iterator

import pytest

from agents.logs import NEWS, Repeats, formatter

LOST = "Unable connect to node with id %s"


def record(
    name: str, text: str, at: float, level: int = logging.ERROR, args: tuple[object, ...] = ()
) -> logging.LogRecord:
    made = logging.LogRecord(name, level, "", 0, text, args, None)
    made.created = at
    return made


def passed(records: Iterator[logging.LogRecord]) -> list[bool]:
    repeats = Repeats()
    return [repeats.filter(one) for one in records]


@pytest.mark.parametrize("library", ["aiokafka.client", "opentelemetry.exporter.otlp"])
def test_a_library_says_the_same_once_a_minute_whatever_it_says_it_of(library: str) -> None:
    said = (record(library, LOST, at, args=(at,)) for at in (0, 1, 59, 61, 62))
    assert passed(said) == [True, False, False, True, False]


def test_we_complain_of_the_same_thing_once_a_minute_and_of_another_at_once() -> None:
    text = "partition %d cannot be taken"
    said = (record("agents.sessions", text, at, args=(p,)) for at, p in [(0, 1), (1, 1), (1, 2)])
    assert passed(said) == [True, False, True]


def test_what_is_no_complaint_is_never_held_back() -> None:
    """Each assignment is news, even if it is the same as before."""
    said = (record("agents.sessions", "assigned", at, logging.INFO) for at in (0, 1, 2))
    assert all(passed(said))


def test_what_says_that_something_changed_is_never_held_back() -> None:
    """Away, back, away: the last word must be the right one."""

    def said(at: float, text: str) -> logging.LogRecord:
        made = record("agents.worker", text, at, logging.WARNING)
        made.__dict__ |= NEWS
        return made

    assert all(passed(said(at, text) for at, text in enumerate(["away", "back", "away", "back"])))


def test_what_was_held_back_is_counted() -> None:
    repeats = Repeats()
    for at in range(10):
        repeats.filter(record("agents.sessions", "Redis is %s", at, args=("away",)))
    last = record("agents.sessions", "Redis is %s", 70, args=("away",))
    assert repeats.filter(last)
    assert last.getMessage() == "Redis is away (said 9 times more since)"


def test_a_json_line_has_time_level_logger_and_message_in_this_order() -> None:
    line = formatter("json").format(record("agents.worker", "活 %s", 1.5, args=("x",)))
    assert line.startswith('{"time": "1970-01-01T00:00:01.500Z", "level": "error"')
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:01.500Z",
        "level": "error",
        "logger": "agents.worker",
        "message": "活 x",
    }


def divide(secret: str) -> float:
    """Fail beside a variable that could be a password."""
    return len(secret) / 0


def failed() -> logging.LogRecord:
    """A record with the traceback of that."""
    made = record("agents.worker", "crashed", 0)
    try:
        divide("hunter" * 2)
    except ZeroDivisionError:
        made.exc_info = sys.exc_info()
    return made


@pytest.mark.parametrize("kind", ["json", "console"])
def test_a_traceback_shows_no_values_of_variables(kind: str) -> None:
    """One of them could be a password."""
    line = formatter(kind).format(failed())
    assert "ZeroDivisionError" in line
    assert "hunterhunter" not in line


def test_a_line_for_people_ends_with_what_is_said() -> None:
    line = formatter("console").format(record("agents.worker", "at %s", 0, args=("x",)))
    assert line == "1970-01-01T00:00:00.000Z ERROR   agents.worker  at x"
