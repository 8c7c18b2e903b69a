"""What a run left behind: in Kafka the topics and the changelog, in Redis what was there and when.

Read without any of the worker's own code for recovery, so that a fault in it cannot hide.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.redis.keys import Keys
from schemas.journal import Entry, decode_entry
from schemas.records import (
    CHECKPOINT_KEY,
    CLAIM_KEY,
    LAYOUT_KEYS,
    Checkpoint,
    decode_checkpoint,
    epoch_and_body,
    full_value,
)
from streams.communities import Counts
from streams.compiler.layout import Described, decode_layout, fingerprint

Hashes = Mapping[str, Mapping[str, Any]]
"""User -> tag -> what the hash shows, parsed."""
Stream = Sequence[tuple[int, Mapping[str, Any]]]
"""Entries: the number that is their id, and what they say."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One partition in Redis at one moment at which nobody could write."""

    meta: Mapping[str, str]
    journal: Sequence[Entry]
    changes: Stream
    alerts: Stream
    hashes: Hashes
    communities: Counts

    @property
    def run(self) -> str | None:
        """The run that stands there whole; None without one."""
        return None if "building" in self.meta else self.meta.get("run")

    @property
    def calls(self) -> int:
        """Number of the last call."""
        return int(self.meta.get("calls", "0"))


def see(redis: Any, keys: Keys, partition: int) -> Seen:
    """Reads a partition; writers must be stopped or paused."""
    meta = redis.hgetall(keys.partition_meta(partition))
    prefix = keys.user(partition, "")
    users = [key.decode() for key in redis.scan_iter(f"{prefix}*", count=5_000)]
    found = [redis.hgetall(key) for key in users]
    return Seen(
        {name.decode(): value.decode() for name, value in meta.items()},
        [decode_entry(entry) for entry in redis.lrange(keys.journal(partition), 0, -1)],
        list(_entries(redis.xrange(keys.changes(partition)))),
        list(_entries(redis.xrange(keys.alerts(partition)))),
        {
            key.removeprefix(prefix): {t.decode(): json.loads(v) for t, v in tags.items()}
            for key, tags in zip(users, found, strict=True)
        },
        _communities(redis, keys.community(partition, "")),
    )


def _communities(redis: Any, prefix: str) -> Counts:
    hashes = [key.decode() for key in redis.scan_iter(f"{prefix}*", count=5_000)]
    return {
        key.removeprefix(prefix): {f.decode(): int(n) for f, n in redis.hgetall(key).items()}
        for key in hashes
    }


def _entries(found: Iterable[tuple[bytes, Mapping[bytes, bytes]]]) -> Iterator[tuple[int, Any]]:
    for entry_id, fields in found:
        number, _, zero = entry_id.decode().partition("-")
        assert zero == "0"
        yield int(number), json.loads(fields[b"data"])


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
