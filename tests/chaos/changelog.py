"""What the owners of a partition left in its changelog: runs, checkpoints, rows.

Read without any of the worker's own code for recovery, so that a fault in it cannot hide.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from schemas.records import (
    CHECKPOINT_KEY,
    CLAIM_KEY,
    LAYOUT_KEYS,
    Checkpoint,
    decode_checkpoint,
    epoch_and_body,
    full_value,
)
from streams.compiler.layout import Described, decode_layout, fingerprint

Rows = dict[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Found:
    """What an owner found in the changelog when it took the partition."""

    checkpoint: Checkpoint
    rows: Rows


@dataclass(slots=True)
class Written:
    """A checkpoint of an owner, and the rows that it wrote; of its first one, what it had found."""

    checkpoint: Checkpoint
    rows: Rows
    found: Found | None = None


@dataclass(slots=True)
class Run:
    """One history of a partition: where it began, and its checkpoints."""

    base: Checkpoint  # step 4 of a new run: what it began with
    rows: Rows  # of all users, then
    written: list[Written] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its name in Redis."""
        return self.base.run


class Changelog:
    """The changelog of one partition, read in order: its runs, and the rows it ends with."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.rows: Rows = {}
        self.last: Checkpoint | None = None
        self.layouts: dict[int, Described] = {}
        self.refused = 0
        self._fence = -1
        self._batch: Rows = {}
        self._found: Found | None = None

    def add(self, records: Iterable[Any]) -> "Changelog":
        """Takes records with `key`, `value`, `headers`, `offset`."""
        for record in records:
            if record.key == CLAIM_KEY:
                self._fence, self._batch = max(self._fence, record.offset), {}
                self._found = Found(self.last, dict(self.rows)) if self.last else None
                continue
            epoch, body = epoch_and_body(full_value(record.value, record.headers))
            if record.key.startswith(LAYOUT_KEYS):
                self.layouts[fingerprint(body)] = decode_layout(body)
            else:
                self._take(record.key, epoch, body)
        return self

    def _take(self, key: bytes, epoch: int, body: bytes) -> None:
        if epoch < self._fence:
            self.refused += 1
            return
        self._fence = epoch
        if key == CHECKPOINT_KEY:
            self._end_batch(decode_checkpoint(body))
        else:
            self.rows[key.decode()] = self._batch[key.decode()] = body or None

    def _end_batch(self, checkpoint: Checkpoint) -> None:
        rows, self._batch, self.last = self._batch, {}, checkpoint
        if not self.runs or self.runs[-1].id != checkpoint.run:
            self.runs.append(Run(checkpoint, dict(self.rows)))
        else:
            self.runs[-1].written.append(Written(checkpoint, rows, self._found))
        self._found = None
