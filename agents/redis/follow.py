"""Follows partitions: a snapshot, then every change behind it; and again when one was missed.

A `Follower` does one small thing at a time, a *round*: look at the metas, read one page of a
snapshot, or wait for changes. A round either returns what it found and remembers it, or raises and
has changed nothing, so a lost connection at any point costs nothing but the repetition.

What was read from a stream counts only if `run`, read *after* it, is still the run that we
follow: runs never come back, so it was that run all along. Then a dense sequence is proof that
nothing was missed.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Mapping, Sequence

from agents.redis.keys import Keys
from agents.redis.news import Away, Back, Begin, Change, Gap, News, Position, Reason
from agents.redis.server import AWAY, Entries, Meta, Reading
from agents.redis.sweep import Interrupted, Sweep
from schemas.changes import decode_change

Reach = Callable[[], Awaitable[Reading]]
"""Finds the server of the followed partitions, anew after it was away."""

_CHECK_S = 1.0  # a reader compares `run` so often (docs/consumers.md)
_CHECK_WAITING_S = 0.1  # while a snapshot waits for a run to be built
PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # while Redis is away; the last one from then on


class Follower:
    """Partitions that one XREAD can reach, as one stream of news.

    `after`: positions that the caller has been told up to, in an earlier life; partitions
    without one begin with a snapshot.
    """

    def __init__(
        self,
        reach: Reach,
        keys: Keys,
        partitions: Sequence[int],
        after: Mapping[int, Position],
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._reach, self._keys, self._partitions = reach, keys, tuple(partitions)
        self._streams = {keys.changes(partition): partition for partition in partitions}
        self._now, self._sleep = now, sleep
        self._server: Reading | None = None
        self._at = {p: after[p] for p in partitions if p in after}  # the live ones
        self._known: Mapping[int, Meta] = {}  # where they stood at the last check
        self._sweep: Sweep | None = None
        self._swept = False  # the last round read a page: now look for changes of the others
        self._check_at = 0.0

    async def news(self) -> AsyncIterator[News]:
        """Yield news without end."""
        for partition in self._partitions:
            if partition not in self._at:
                yield Begin(partition, "first", None)
        tries = 0
        while True:
            try:
                found = await self._round()
            except AWAY as error:
                self._server = None
                if tries == 0:
                    yield Away(self._partitions, f"{type(error).__name__}: {error}")
                await self._sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
                tries += 1
                continue
            if tries:
                tries = 0
                yield Back(self._partitions)
            for item in found:
                yield item

    async def _round(self) -> Sequence[News]:
        if self._server is None:
            self._server = await self._reach()
            self._check_at = 0.0
        if self._now() >= self._check_at:
            return await self._check(self._server)
        if self._sweep is not None and not self._swept:
            return await self._page(self._server, self._sweep)
        self._swept = False
        return await self._changes(self._server)

    # a round that looks where the partitions stand

    async def _check(self, server: Reading) -> Sequence[News]:
        metas = await server.metas(self._partitions)
        broken = {p: why for p, at in self._at.items() if (why := _broken(at, metas[p]))}
        if self._sweep is None:
            self._sweep = await self._begun(server, metas, broken)
        self._known = metas
        news = [Begin(p, why, self._at.pop(p)) for p, why in broken.items()]
        waiting = self._sweep is None and len(self._at) < len(self._partitions)
        self._check_at = self._now() + (_CHECK_WAITING_S if waiting else _CHECK_S)
        return news

    async def _begun(
        self, server: Reading, metas: Mapping[int, Meta], broken: Container[int]
    ) -> Sweep | None:
        """Return a snapshot of what needs one and can be read."""
        at = {
            p: Position(meta.run, meta.seq)
            for p, meta in metas.items()
            if (p not in self._at or p in broken) and meta.run is not None and not meta.building
        }
        if not at or (name := await server.identity()) is None:
            return None
        return Sweep(self._keys, at, name)

    # a round that reads a page of a snapshot

    async def _page(self, server: Reading, sweep: Sweep) -> Sequence[News]:
        self._swept = True
        try:
            news = await sweep.step(server)
        except Interrupted as why:
            self._sweep, self._check_at = None, 0.0
            return [Begin(p, _reason(p, why), None) for p in sweep.at]
        if sweep.ended:
            self._at |= sweep.at
            self._sweep, self._check_at = None, 0.0
        return news

    # a round that waits for changes

    async def _changes(self, server: Reading) -> Sequence[News]:
        wait_s = max(0.0, self._check_at - self._now())
        if not self._at:
            await self._sleep(0.0 if self._sweep else wait_s)
            return ()
        after = {self._keys.changes(p): at.seq for p, at in self._at.items()}
        block_ms = None if self._sweep else max(1, int(wait_s * 1000))
        found = {
            self._streams[stream]: entries for stream, entries in await server.wait(after, block_ms)
        }
        metas = await server.metas(tuple(found)) if found else {}
        missing = [p for p, at in self._at.items() if p not in found and self._stood_beyond(p, at)]
        news = [told for p, entries in found.items() for told in self._told(p, entries, metas[p])]
        return [*news, *(self._begin(p, "trimmed") for p in missing)]

    def _stood_beyond(self, partition: int, at: Position) -> bool:
        """Whether changes behind `at` were known before we asked for them: then they are gone."""
        return partition in self._known and self._known[partition].seq > at.seq

    def _told(self, partition: int, entries: Entries, meta: Meta) -> Sequence[News]:
        at = self._at[partition]
        if reason := _broken(at, meta) or _why_not_dense(at, entries):
            return [self._begin(partition, reason)]
        self._at[partition] = Position(at.run, entries[-1][0])
        return [
            Change(partition, Position(at.run, seq), decode_change(raw), raw)
            for seq, raw in entries
        ]

    def _begin(self, partition: int, reason: Reason) -> Begin:
        self._check_at = 0.0
        return Begin(partition, reason, self._at.pop(partition))


def _reason(partition: int, why: Interrupted) -> Reason:
    return why.reason if partition == why.partition else "interrupted"


def why_broken(at: Position, run: str | None, last: int) -> Gap | None:
    """Why what follows `at` is not what follows what we know."""
    if run is None:
        return "lost"
    if run != at.run:
        return "new run"
    return "lost" if last < at.seq else None


def _broken(at: Position, meta: Meta) -> Gap | None:
    return why_broken(at, meta.run, meta.seq)


def _why_not_dense(at: Position, entries: Entries) -> Gap | None:
    """Numbers only rise, so as many entries as numbers means that none is missing."""
    return "trimmed" if entries[-1][0] - at.seq != len(entries) else None
