"""Where a replay puts its results: four NDJSON files in a directory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Protocol, Self

from msgspec import DecodeError, Raw
from msgspec.json import Decoder, Encoder

from agents.errors import WrongUse
from agents.offline.lines import Line
from schemas.alerts import Alert
from schemas.changes import TagChange
from schemas.rejects import Rejected

CHANGES, ALERTS = "changes.ndjson", "alerts.ndjson"
TAGS, REJECTS = "tags.ndjson", "rejects.ndjson"
FILES = (CHANGES, ALERTS, TAGS, REJECTS)

Tags = tuple[str, Mapping[str, object]]
"""A user and the value of each of their tags."""

_BUFFER = 1024 * 1024
_AT_ONCE = 1_000  # users encoded in one go
encode_lines = Encoder(decimal_format="number").encode_lines
_as_json = Decoder().decode


class Sink(Protocol):
    """What a replay needs of the place where its results go."""

    def changes(self, changes: Sequence[TagChange]) -> None:
        """Keep changes, numbered and in order."""

    def alerts(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts, numbered and in order."""

    def reject(self, line: Line, rejected: Rejected) -> None:
        """Keep a line that is no event, with the reason."""

    def tags(self, users: Iterable[Tags]) -> None:
        """Keep the tags that all users have in the end."""


class Directory:
    """Writes the files; they appear under their names at once and grow."""

    def __init__(self, directory: Path, inputs: Sequence[Path]) -> None:
        """Raise WrongUse if the directory cannot be written or a file would replace an input."""
        taken = {path.resolve() for path in inputs}
        for name in FILES:
            if (directory / name).resolve() in taken:
                raise WrongUse(f"--out {directory} would overwrite the input {directory / name}")
        with ExitStack() as opened:
            try:
                directory.mkdir(parents=True, exist_ok=True)
                self._files = {
                    name: opened.enter_context((directory / name).open("wb", _BUFFER))
                    for name in FILES
                }
            except OSError as error:
                raise WrongUse(f"--out {directory} cannot be written: {error.strerror}") from None
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def changes(self, changes: Sequence[TagChange]) -> None:
        """Write to changes.ndjson."""
        self._write(CHANGES, changes)

    def alerts(self, alerts: Sequence[Alert]) -> None:
        """Write to alerts.ndjson."""
        self._write(ALERTS, alerts)

    def reject(self, line: Line, rejected: Rejected) -> None:
        """Write to rejects.ndjson."""
        self._write(REJECTS, [fault_of(line, rejected)])

    def tags(self, users: Iterable[Tags]) -> None:
        """Write to tags.ndjson."""
        for some in tags_of(users):
            self._write(TAGS, some)

    def write(self, name: str, lines: Sequence[bytes]) -> None:
        """Write lines that are encoded already, each without its end."""
        if lines:
            self._files[name].write(b"\n".join((*lines, b"")))

    def _write(self, name: str, values: Sequence[object]) -> None:
        self._files[name].write(encode_lines(values))


def fault_of(line: Line, rejected: Rejected) -> dict[str, object]:
    """Return what rejects.ndjson tells of a line."""
    return {
        "file": line.file,
        "line": line.number,
        "reason": rejected.reason,
        "message": rejected.message,
        "event": _shown(line.data),
    }


def tags_of(users: Iterable[Tags]) -> Iterator[list[dict[str, object]]]:
    """Return what tags.ndjson tells of the users, some at a time."""
    lines: Iterator[dict[str, object]]
    lines = ({"user_id": user_id, "tags": tags} for user_id, tags in users)
    while some := list(islice(lines, _AT_ONCE)):
        yield some


def _shown(data: bytes) -> Raw | str:
    """Return the line as it stands if it is JSON, else as text."""
    try:
        _as_json(data)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return data.decode(errors="replace")
    return Raw(data)
