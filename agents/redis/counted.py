"""The counts of communities as they are while workers move them: in pages, each of one instant.

No stream tells what moved a count. But every call that moves one is in the journal until a
checkpoint covers it, and one transaction reads counts and journal at the same instant. So a
page says: after call number `calls` it was so. Whoever has the state of an earlier call and
applies the journal up to that number must come to the same (agents/verifying/communities.py).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from agents.redis.keys import Keys
from schemas.journal import Entry, decode_entry
from streams.communities import Counts

NEW_RUN = "Redis shows another run than the state is of, or one is being written"
NO_JOURNAL = "the journal does not tell what happened since the last checkpoint"
FORBIDDEN = (
    "counts of communities: workers are busy, and this user of Redis may not read the journal, "
    "which tells what they did since the last checkpoint; verify as tagstream-writer"
)

_AT_ONCE = 500  # hashes in one transaction
_TAIL = 1_000  # entries of the journal read again with each page


@dataclass(frozen=True, slots=True)
class Page:
    """Some communities as they were after call number `calls`; without counts: not there."""

    calls: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Counted:
    """A partition's counts. The last page has none and is later than everything else here.

    `journal`: from before the first page up to the last. `listed`: who was found in the set of
    communities, before or after the pages. `meta`: at the last page. `complete`: the number of
    the page with which every community had been asked for that stood in that set.
    """

    meta: Mapping[str, str]
    pages: Sequence[Page]
    journal: Sequence[Entry]
    listed: frozenset[str]
    complete: int
    blind: bool = False  # the journal is none of ours


class Torn(Exception):  # noqa: N818 - a state of the world, not our error
    """Pages and journal do not fit together: a new run, or checkpoints were quicker than we."""


@dataclass(slots=True)
class _Reading:
    redis: Redis
    keys: Keys
    partition: int
    blind: bool = False  # we may not read the journal: then nothing must happen meanwhile
    run: str = ""
    pages: list[Page] = field(default_factory=list)
    journal: list[Entry] = field(default_factory=list)
    meta: Mapping[str, str] = field(default_factory=dict)

    async def page(self, names: Sequence[str]) -> None:
        """Read these communities, meta and journal at one instant. Raises Torn."""
        pipeline: Any = self.redis.pipeline(transaction=True)
        pipeline.hgetall(self.keys.partition_meta(self.partition))
        if not self.blind:
            pipeline.lrange(self.keys.journal(self.partition), -_TAIL if self.pages else 0, -1)
        for name in names:
            pipeline.hgetall(self.keys.community(self.partition, name))
        answers = await pipeline.execute()
        meta, journal = answers[0], [] if self.blind else answers[1]
        hashes = answers[1 if self.blind else 2 :]
        self._check({name.decode(): value.decode() for name, value in meta.items()})
        self._extend(map(decode_entry, journal))
        counts = zip(names, map(_numbers, hashes), strict=True)
        self.pages.append(Page(int(self.meta["calls"]), dict(counts)))

    def _check(self, meta: Mapping[str, str]) -> None:
        if "run" not in meta or "building" in meta or meta["run"] != (self.run or meta["run"]):
            raise Torn(NEW_RUN)
        self.meta, self.run = meta, meta["run"]

    def _extend(self, entries: Iterable[Entry]) -> None:
        """Add what is new of the journal, which must reach from the page before to this one."""
        last = self.pages[-1].calls if self.pages else -1
        self.journal += [entry for entry in entries if entry.n > last]
        numbers = [entry.n for entry in self.journal if entry.n > last]
        calls = int(self.meta["calls"])
        first = numbers[0] if numbers else calls + 1
        if numbers != list(range(first, calls + 1)) or (self.pages and first != last + 1):
            raise Torn(FORBIDDEN if self.blind else NO_JOURNAL)


async def read_counted(redis: Redis, keys: Keys, partition: int) -> Counted:
    """Read the counts of all communities. Raises Torn, AWAY."""
    reading = _Reading(redis, keys, partition, await _is_blind(redis, keys, partition))
    there = await _with_hashes(redis, keys, partition)
    listed = await _listed(redis, keys, partition)
    await reading.page(())
    await _pages(reading, there | listed)
    complete = len(reading.pages) - 1
    later = await _listed(redis, keys, partition)
    await _pages(reading, later - listed - there)
    await reading.page(())
    found = reading.meta, reading.pages, reading.journal
    return Counted(*found, listed | later, complete, reading.blind)


async def _is_blind(redis: Redis, keys: Keys, partition: int) -> bool:
    """Whether we may not read the journal: it is private to the workers, readers may not."""
    untyped: Any = redis  # its types promise an answer that may not be awaited
    try:
        await untyped.lrange(keys.journal(partition), 0, 0)
    except NoPermissionError:
        return True
    return False


async def _pages(reading: _Reading, names: Iterable[str]) -> None:
    for some in _slices(names):
        await reading.page(some)


def _slices(names: Iterable[str]) -> Iterator[list[str]]:
    every = iter(sorted(names))
    while some := list(islice(every, _AT_ONCE)):
        yield some


async def _with_hashes(redis: Redis, keys: Keys, partition: int) -> frozenset[str]:
    """Communities with a hash, also those that nobody listed."""
    prefix = keys.community(partition, "")
    found = redis.scan_iter(match=f"{prefix}*", count=1_000)
    return frozenset([key.decode().removeprefix(prefix) async for key in found])


async def _listed(redis: Redis, keys: Keys, partition: int) -> frozenset[str]:
    names: Any = redis.sscan_iter(keys.communities(partition), count=1_000)
    return frozenset([name.decode() async for name in names])


def _numbers(fields: Mapping[bytes, bytes]) -> dict[str, int]:
    """The counts; what somebody else wrote and is no number counts as -1, which no count is."""
    return {name.decode(): _number(value) for name, value in fields.items()}


def _number(value: bytes) -> int:
    try:
        return int(value)
    except ValueError:
        return -1
