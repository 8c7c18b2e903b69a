"""Logs of long-running programs: one line for each thing an operator would want to know.

Levels: *info*, it went as it should; *warning*, something is not as it should be and mends itself,
or somebody should look in the morning; *error*, somebody should look now. None for single events
or users, and nothing of them: neither ids nor contents.
"""

import logging
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from structlog.dev import Column, ConsoleRenderer, KeyValueColumnFormatter, plain_traceback
from structlog.processors import ExceptionRenderer, JSONRenderer
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name

from agents.errors import Problem
from agents.settings import Settings

_QUIET = ("aiokafka", "faust", "mode", "asyncio", "kafka")
_THEIRS = (*_QUIET, "opentelemetry")
_REPEAT_S = 60.0
_MOST_KINDS = 1_000  # of messages that are remembered

NEWS = {"news": True}
"""As `extra` of a complaint: something went or came back, which is worth a line each time."""


class Repeats(logging.Filter):
    """Lets the same complaint through once a minute, and then says how often it was held back.

    While Kafka is away its client complains a hundred times a second. The libraries' complaints
    are the same if their wording is; ours if they say the same of the same thing. What says that
    something has changed (`NEWS`) is never held back, or the last word could be the wrong one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}
        self._held: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is no complaint of ours, or news."""
        theirs = record.name.partition(".")[0] in _THEIRS
        if not theirs and (record.levelno < logging.WARNING or hasattr(record, "news")):
            return True
        what = record.name, str(record.msg) if theirs else record.getMessage()
        if record.created - self._said.get(what, -_REPEAT_S) < _REPEAT_S:
            self._held[what] = self._held.get(what, 0) + 1
            return False
        if len(self._said) >= _MOST_KINDS:
            self._said.clear()
            self._held.clear()
        self._said[what] = record.created
        if held := self._held.pop(what, 0):
            record.msg, record.args = f"{record.getMessage()} (said {held} times more since)", ()
        return True


def _says_something(record: logging.LogRecord) -> bool:
    """Drop what Faust's services say about themselves starting, stopping and crashing of a Problem.

    A Problem is told once more, as one clear line, by the command.
    """
    if record.exc_info and isinstance(record.exc_info[1], Problem):
        return False
    return record.levelno > logging.INFO or not str(record.msg).startswith("[^")


def _add_time(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """When it was said, in UTC; under the name that structlog's console looks for."""
    created: float = line["_record"].created
    second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(created))
    line["timestamp"] = f"{second}.{int(created % 1 * 1000):03d}Z"
    return line


def _in_order(_: object, __: str, line: Mapping[str, Any]) -> Mapping[str, Any]:
    """The names and the order of a JSON line."""
    named = {
        "time": line["timestamp"],
        "level": line["level"],
        "logger": line["logger"],
        "message": line["event"],
    }
    return named | ({"exception": line["exception"]} if "exception" in line else {})


def formatter(log_format: str) -> logging.Formatter:
    """`json`: an object a line, for programs; `console`: for people."""
    render: list[Any] = (
        [ExceptionRenderer(), _in_order, JSONRenderer(ensure_ascii=False)]
        if log_format == "json"
        else [_console()]
    )
    return ProcessorFormatter(
        foreign_pre_chain=[add_log_level, add_logger_name, _add_time],
        processors=[ProcessorFormatter.remove_processors_meta, *render],
    )


def _console() -> ConsoleRenderer:
    """Plain tracebacks: the prettier ones show the values of variables, passwords among them."""
    columns = [
        Column("timestamp", _column(str)),
        Column("level", _column(str.upper, width=7)),
        Column("logger", _column(str)),
        Column("event", _column(str, prefix=" ")),
        Column("", _column(str)),  # of what else there is, which is nothing
    ]
    return ConsoleRenderer(columns=columns, exception_formatter=plain_traceback)


def _column(
    show: Callable[[Any], str], width: int = 0, prefix: str = ""
) -> KeyValueColumnFormatter:
    return KeyValueColumnFormatter(None, "", "", show, width=width, prefix=prefix)


def set_up_logs(settings: Settings) -> None:
    """Sends the root logger to standard error in the format of the settings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(settings.log_format))
    if settings.log_level != "debug":
        handler.addFilter(_says_something)
        handler.addFilter(Repeats())
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    if settings.log_level != "debug":
        for name in _QUIET:
            logging.getLogger(name).setLevel(logging.ERROR)
