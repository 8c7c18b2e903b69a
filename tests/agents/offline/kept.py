"""Sinks of a replay that keep what they are given, as lines by file."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from agents.offline.lines import Line
from agents.offline.sink import (
    ALERTS,
    CHANGES,
    REJECTS,
    TAGS,
    Tags,
    encode_lines,
    fault_of,
    tags_of,
)
from schemas.alerts import Alert
from schemas.changes import TagChange
from schemas.rejects import Rejected


class Kept:
    """What both kinds of sink have, in memory."""

    def __init__(self) -> None:
        self.lines: dict[str, list[bytes]] = defaultdict(list)

    def changes(self, changes: Sequence[TagChange]) -> None:
        """Keep changes."""
        self._keep(CHANGES, changes)

    def alerts(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts."""
        self._keep(ALERTS, alerts)

    def reject(self, line: Line, rejected: Rejected) -> None:
        """Keep a line that is no event."""
        self._keep(REJECTS, [fault_of(line, rejected)])

    def tags(self, users: Iterable[Tags]) -> None:
        """Keep everybody's tags."""
        for some in tags_of(users):
            self._keep(TAGS, some)

    def write(self, name: str, lines: Sequence[bytes]) -> None:
        """Keep encoded lines."""
        if lines:
            self.lines[name] += lines

    def _keep(self, name: str, values: Sequence[object]) -> None:
        self.write(name, encode_lines(values).split(b"\n")[:-1])
