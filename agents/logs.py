"""Logs of long-running programs: one line for each thing an operator would want to know."""

import json
import logging
import sys
import time

from agents.errors import Problem
from agents.settings import Settings

_QUIET = ("aiokafka", "faust", "mode", "asyncio", "kafka")
_REPEAT_S = 60.0
_MOST_KINDS = 1_000  # of messages that are remembered
_STANDARD = "%(asctime)s %(levelname)-7s %(name)s  %(message)s"


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON, with its traceback if it has one."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class Repeats(logging.Filter):
    """Lets the libraries say the same thing once a minute.

    While Kafka is away its client complains a hundred times a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is ours, or news."""
        if record.name.partition(".")[0] not in _QUIET:
            return True
        what = record.name, str(record.msg)
        if record.created - self._said.get(what, -_REPEAT_S) < _REPEAT_S:
            return False
        if len(self._said) >= _MOST_KINDS:
            self._said.clear()
        self._said[what] = record.created
        return True


def _says_something(record: logging.LogRecord) -> bool:
    """Drop what Faust's services say about themselves starting, stopping and crashing of a Problem.

    A Problem is told once more, as one clear line, by the command.
    """
    if record.exc_info and isinstance(record.exc_info[1], Problem):
        return False
    return record.levelno > logging.INFO or not str(record.msg).startswith("[^")


def set_up_logs(settings: Settings) -> None:
    """Sends the root logger to standard error in the format of the settings."""
    handler = logging.StreamHandler(sys.stderr)
    json_lines = settings.log_format == "json"
    handler.setFormatter(JsonLines() if json_lines else logging.Formatter(_STANDARD))
    if settings.log_level != "debug":
        handler.addFilter(_says_something)
        handler.addFilter(Repeats())
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    if settings.log_level != "debug":
        for name in _QUIET:
            logging.getLogger(name).setLevel(logging.ERROR)
