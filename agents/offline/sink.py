"""Where a replay puts its results: four NDJSON files in a directory."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from msgspec import DecodeError, Raw
from msgspec.json import Decoder, Encoder

from agents.errors import WrongUse
from agents.offline.lines import Line
from schemas.alerts import Alert
from schemas.changes import TagChange
from schemas.rejects import Rejected

FILES = ("changes.ndjson", "alerts.ndjson", "tags.ndjson", "rejects.ndjson")

Tags = tuple[str, Mapping[str, object]]
"""A user and the value of each of their tags."""

_BUFFER = 1024 * 1024
_AT_ONCE = 1_000  # users encoded in one go
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
        self._encoder = Encoder(decimal_format="number")
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.__exit__(kind, error, traceback)

    def changes(self, changes: Sequence[TagChange]) -> None:
        """Write to changes.ndjson."""
        self._write("changes.ndjson", changes)

    def alerts(self, alerts: Sequence[Alert]) -> None:
        """Write to alerts.ndjson."""
        self._write("alerts.ndjson", alerts)

    def reject(self, line: Line, rejected: Rejected) -> None:
        """Write to rejects.ndjson."""
        fault = {
            "file": line.file,
            "line": line.number,
            "reason": rejected.reason,
            "message": rejected.message,
            "event": _shown(line.data),
        }
        self._write("rejects.ndjson", [fault])

    def tags(self, users: Iterable[Tags]) -> None:
        """Write to tags.ndjson."""
        lines = ({"user_id": user_id, "tags": tags} for user_id, tags in users)
        while some := list(islice(lines, _AT_ONCE)):
            self._write("tags.ndjson", some)

    def _write(self, name: str, values: Sequence[object]) -> None:
        self._files[name].write(self._encoder.encode_lines(values))


def _shown(data: bytes) -> Raw | str:
    """Return the line as it stands if it is JSON, else as text."""
    try:
        _as_json(data)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return data.decode(errors="replace")
    return Raw(data)
