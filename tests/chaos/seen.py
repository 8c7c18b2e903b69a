"""What was in Redis at one moment, partition by partition.

Read without any of the worker's own code for recovery, so that a fault in it cannot hide.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.redis.keys import Keys
from schemas.journal import Entry, decode_entry
from streams.communities import Counts
from tests.agents.folded import Hashes

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
