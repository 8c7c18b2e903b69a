"""Compares what a measured run left in Redis with what it had to publish: a wrong answer fails.

Runs after the measurement, on the measured run itself. The streams are as long as a user's
are by default, so of the oldest changes only the number and the hashes that they led to can be
compared; in a run of up to about 100,000 changes a partition, everything is.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from redis import Redis

from benchmarks.expected import Expected, Tags, digest
from benchmarks.place import Place

_AT_ONCE = 5_000
_MOST_FAULTS = 5  # one is enough to fail, a few show the pattern


def faults(place: Place, expected: Sequence[Expected]) -> tuple[str, ...]:
    """Return the differences found, at most a few."""
    with Redis.from_url(place.settings.redis) as redis:
        found = [
            f"partition {number}: {fault}"
            for number, right in enumerate(expected)
            for fault in _Partition(place, redis, number).faults(right)
        ]
    return tuple(found[:_MOST_FAULTS])


def changes(place: Place) -> int:
    """Return how many changes were published."""
    with Redis.from_url(place.settings.redis) as redis:
        seqs = [redis.hget(place.keys.partition_meta(p), "seq") for p in _partitions(place)]
    return sum(int(seq or 0) for seq in seqs)


def _partitions(place: Place) -> range:
    return range(place.settings.partitions)


class _Partition:
    """One partition in Redis."""

    def __init__(self, place: Place, redis: "Redis", number: int) -> None:
        self._keys, self._redis, self._number = place.keys, redis, number

    def faults(self, right: Expected) -> Iterator[str]:
        """Compare sequence, stream and hashes."""
        seq = int(self._redis.hget(self._keys.partition_meta(self._number), "seq") or 0)
        if seq != len(right.digests):
            yield f"{seq} changes published, {len(right.digests)} expected"
        yield from self._stream_faults(right)
        yield from self._hash_faults(right.tags)

    def _stream_faults(self, right: Expected) -> Iterator[str]:
        """The stream ends with the last change, is dense, and says what it has to."""
        last = None
        for seq, data in self._stream():
            if last is not None and seq != last + 1:
                yield f"change {seq} stands after {last}"
                return
            wanted = right.digests[seq - 1] if seq <= len(right.digests) else None
            if digest(data) != wanted:
                yield f"change {seq} is not as expected: {data.decode()}"
                return
            last = seq
        if last != (len(right.digests) or None):
            yield f"the stream ends at {last}, not at {len(right.digests)}"

    def _stream(self) -> Iterator[tuple[int, bytes]]:
        """All entries that are kept."""
        key, after = self._keys.changes(self._number), "-"
        while True:
            entries: Any = self._redis.xrange(key, after, "+", _AT_ONCE)
            for entry_id, fields in entries:
                yield int(entry_id.partition(b"-")[0]), fields[b"data"]
            if not entries:
                return
            after = f"({entries[-1][0].decode()}"

    def _hash_faults(self, right: dict[str, Tags]) -> Iterator[str]:
        """Every user has exactly the tags that the changes lead to."""
        seen = set()  # a scan may name a key twice
        for user, tags in self._hashes():
            seen.add(user)
            if tags != right.get(user):
                yield f"tags of {user}: {tags}, expected {right.get(user)}"
                return
        having = sum(map(bool, right.values()))
        if len(seen) != having:
            yield f"{len(seen)} users have tags, {having} expected"

    def _hashes(self) -> Iterator[tuple[str, Tags]]:
        prefix = self._keys.user(self._number, "")
        batch: list[bytes] = []
        for key in self._redis.scan_iter(f"{prefix}*", count=_AT_ONCE):
            batch.append(key)
            if len(batch) == _AT_ONCE:
                yield from self._read(prefix, batch)
                batch = []
        yield from self._read(prefix, batch)

    def _read(self, prefix: str, keys: Sequence[bytes]) -> Iterator[tuple[str, Tags]]:
        pipe = self._redis.pipeline(transaction=False)
        for key in keys:
            pipe.hgetall(key)
        for key, tags in zip(keys, pipe.execute(), strict=True):
            decoded = {tag.decode(): msgspec.json.decode(shown) for tag, shown in tags.items()}
            yield key.decode().removeprefix(prefix), decoded
