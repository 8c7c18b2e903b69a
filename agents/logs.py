"""Logs of long-running programs: one line for each thing an operator would want to know."""

import json
import logging
import sys
import time

from agents.errors import Problem
from agents.settings import Settings

_QUIET = ("aiokafka", "faust", "mode", "asyncio", "kafka")
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
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    if settings.log_level != "debug":
        for name in _QUIET:
            logging.getLogger(name).setLevel(logging.ERROR)
