"""Reads a kind of stream, changes or alerts, entry by entry; says where some are missing.

The lighter sister of `follow.py`: no snapshots. It tells a gap with the first entry behind it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from agents.redis.follow import PAUSES_S, Reach, why_broken
from agents.redis.news import Gap, Position
from agents.redis.server import AWAY, Entries, Meta, Reading

T = TypeVar("T")

Start = Literal["start", "now"] | Mapping[int, "int | Position"]
"""Where to begin: with all that is kept, with what comes, or behind a position of each partition.

Given as a number, a position is taken to be of the present run. A partition that the mapping does
not name is read from the start: nothing of it was seen yet.
"""

_CHECK_S = 1.0


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """Changes or alerts: the name of a partition's stream, its last number, what is in an entry."""

    key: Callable[[int], str]
    last: Callable[[Meta], int]
    decode: Callable[[bytes], T]


@dataclass(frozen=True, slots=True)
class Received(Generic[T]):
    """One entry of a partition's stream; `raw` is its JSON.

    `gap` says why entries before this one are missing: then only a snapshot (`follow`) tells all.
    """

    partition: int
    position: Position
    value: T
    raw: bytes
    gap: Gap | None


class StreamReader(Generic[T]):
    """Reads the streams of partitions that one XREAD can reach, through lost connections."""

    def __init__(
        self, reach: Reach, kind: Kind[T], partitions: Sequence[int], start: Start
    ) -> None:
        self._reach, self._kind, self._start = reach, kind, start
        self._streams = {kind.key(partition): partition for partition in partitions}
        self._server: Reading | None = None
        self._at: dict[int, Position] = {}
        self._whole = set[int]()  # partitions of which what stands first is not missing anything
        self._gaps: dict[int, Gap] = {}  # found, and not told yet
        self._check_at = 0.0

    async def entries(self) -> AsyncIterator[Received[T]]:
        """Yield entries without end. Raises AWAY only if Redis is away at the beginning."""
        server = await self._reach()
        self._begin(await server.metas(tuple(self._streams.values())))
        tries = 0
        while True:
            try:
                found = await self._round()
                tries = 0
            except AWAY:
                self._server = None
                await asyncio.sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
                tries += 1
                continue
            for entry in found:
                yield entry

    def _begin(self, metas: Mapping[int, Meta]) -> None:
        for partition, meta in metas.items():
            given = self._given(partition, meta)
            if isinstance(given, Position):
                self._at[partition] = given
            else:
                self._at[partition] = Position(meta.run or "", given)

    def _given(self, partition: int, meta: Meta) -> int | Position:
        if self._start == "now":
            return self._kind.last(meta)
        if self._start != "start" and partition in self._start:
            return self._start[partition]
        self._whole.add(partition)
        return 0

    async def _round(self) -> Sequence[Received[T]]:
        if self._server is None:
            self._server, self._check_at = await self._reach(), 0.0
        if time.monotonic() >= self._check_at:
            for partition, meta in (await self._server.metas(tuple(self._at))).items():
                self._moved(partition, meta)
            self._check_at = time.monotonic() + _CHECK_S
        return await self._read(self._server)

    async def _read(self, server: Reading) -> Sequence[Received[T]]:
        after = {stream: self._at[partition].seq for stream, partition in self._streams.items()}
        block_ms = max(1, int((self._check_at - time.monotonic()) * 1000))
        answer = await server.wait(after, block_ms)
        if not answer:
            return ()
        found = {self._streams[stream]: entries for stream, entries in answer}
        metas = await server.metas(tuple(found))
        return [
            entry
            for partition, entries in found.items()
            if not self._moved(partition, metas[partition])
            for entry in self._received(partition, entries)
        ]

    def _moved(self, partition: int, meta: Meta) -> bool:
        """Whether this is another history than the one we read; then read on where it begins."""
        at, last = self._at[partition], self._kind.last(meta)
        if not at.run:  # nothing was published yet when we began
            self._at[partition] = Position(meta.run or "", at.seq)
            return False
        reason = why_broken(at, meta.run, last)
        if reason is None:
            return False
        self._gaps.setdefault(partition, reason)
        continued = meta.run_seq > 1 and at.seq <= last  # else its numbers begin at 1 again
        self._at[partition] = Position(meta.run or "", at.seq if continued else 0)
        return True

    def _received(self, partition: int, entries: Entries) -> Iterator[Received[T]]:
        for seq, raw in entries:
            at = self._at[partition]
            dense = seq == at.seq + 1 and at.seq > 0
            gap = None if dense else self._gap(partition, at.seq, seq)
            self._at[partition] = position = Position(at.run, seq)
            yield Received(partition, position, self._kind.decode(raw), raw, gap)

    def _gap(self, partition: int, before: int, seq: int) -> Gap | None:
        """Return why these two numbers do not follow each other, or that they do all the same."""
        known = self._gaps.pop(partition, None)
        if known or seq == before + 1:
            return known
        return None if before == 0 and partition in self._whole else "trimmed"
