"""What readers see of the small worker's partition: streams and hashes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.changes import encode_change
from streams.engine import Partition as State
from tests.chaos.reference import as_shown


@dataclass(slots=True)
class Streams:
    """What readers see of a partition, from the start of a run on."""

    state: State
    seq: int
    alert_seq: int
    changes: list[tuple[int, Any]] = field(default_factory=list)
    alerts: list[tuple[int, Any]] = field(default_factory=list)
    hashes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for user in self.state.user_ids():
            tags = self.state.snapshot(user).items()
            self.hashes[user] = {t: as_shown(s.value, s.since, self.seq) for t, s in tags}

    def take(self, changes: Sequence[Any], alerts: Sequence[Any]) -> None:
        """The effects of a call."""
        for change in changes:
            self.seq = change.seq = self.seq + 1
            self.changes.append((self.seq, json.loads(encode_change(change))))
            tags = self.hashes.setdefault(change.user_id, {})
            tags.pop(change.tag, None)
            if change.new is not None:
                tags[change.tag] = as_shown(change.new, change.time, change.seq)
        for alert in alerts:
            self.alert_seq = alert.seq = self.alert_seq + 1
            self.alerts.append((self.alert_seq, json.loads(encode_change(alert))))
