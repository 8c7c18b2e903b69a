"""What is so right now, for everybody who looks: match index, rates, spreads of tags.

One task follows all partitions into the match index, one looks once a second how far the workers
have come. What only the page shows is computed only while somebody looks at it.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice

from msgspec import Struct
from msgspec.json import encode

from agents.matching.matcher import Matcher
from agents.redis.client import NothingPublished, TagClient
from agents.redis.news import Change, End, News
from agents.redis.progress import Progress, catalogue_in_force, progress
from agents.redis.server import AWAY
from agents.stopping import cancel_until_done
from agents.web.event_stream import event
from agents.web.spread import Spread, spread
from streams.catalogue.model import Catalogue

_AGAIN_S = 1.0
_LOOK_S = 2.0  # longer than any Redis that is well
_KEPT_S = 300


class Second(Struct, frozen=True):
    """What happened in a second that ended at `time` (ms)."""

    time: int
    events: int
    changes: int
    alerts: int


class Pulse(Struct, frozen=True):
    """What the page is told each second; `tags` are those whose spread has changed.

    `clock` is that of the partition which is furthest behind, None before any event. `problem` is
    for people. The first pulse of a stream has the last minutes and all tags.
    """

    time: int
    catalogue: str
    in_force: str | None
    users: int
    clock: int | None
    behind: bool
    problem: str | None
    seconds: Sequence[Second]
    tags: Mapping[str, Spread]


class Live:
    """Kept by `run`, beside which anybody may read it."""

    def __init__(self, client: TagClient, catalogue: Catalogue, topics: Sequence[str]) -> None:
        """`topics`: full names of those whose events are counted."""
        self.matcher = Matcher(catalogue)
        self.ready = False  # all users are known
        self.in_force: str | None = None
        self._client, self._catalogue, self._topics = client, catalogue, topics
        self._away: str | None = None
        self._before: Sequence[Progress] = ()
        self._clock: int | None = None
        self._changes = 0
        self._seconds = deque[Second](maxlen=_KEPT_S)
        self._told = 0  # seconds so far, those that were forgotten too
        self._spreads: dict[str, tuple[int, Spread]] = {}  # and when each was computed
        self._stale = set(self.matcher.known())
        self._round = 0
        self._ticked = asyncio.Condition()

    async def run(self) -> None:
        """Follow and look, without end.

        Not a TaskGroup, which cancels its tasks once however often it is cancelled itself: see
        `cancel_until_done`.
        """
        tasks = [asyncio.create_task(part()) for part in (self._follow, self._look_each_second)]
        try:
            await asyncio.gather(*tasks)
        finally:
            await cancel_until_done(tasks)

    @property
    def behind(self) -> bool:
        """Whether answers are from before: Redis is away, or is being written anew."""
        return bool(self.matcher.behind) or not self.ready

    @property
    def problem(self) -> str | None:
        """What is wrong, for people; None if nothing is."""
        if self._away:
            return self._away
        if not self.ready:
            return "the tags of all users are being read"
        return "the tags of some partitions are being written anew" if self.behind else None

    # following

    async def _follow(self) -> None:
        while True:
            with suppress(NothingPublished, *AWAY):  # `_look` says what is wrong
                partitions = await self._client.partitions()
                async for news in self._client.follow():
                    self._take(news)
                    self.ready = self.matcher.index.is_whole(partitions)
            await asyncio.sleep(_AGAIN_S)

    def _take(self, news: News) -> None:
        self.matcher.take(news)
        if isinstance(news, Change):
            self._changes += 1
            if news.value.tag is not None:
                self._stale.add(news.value.tag)
        if isinstance(news, End) or (isinstance(news, Change) and news.value.tag is None):
            self._stale.update(self.matcher.known())

    # looking

    async def _look_each_second(self) -> None:
        while True:
            await asyncio.sleep(1 - time.time() % 1)
            try:
                async with asyncio.timeout(_LOOK_S):
                    await self._look()
                self._away = None
            except NothingPublished as nothing:
                self._away = str(nothing)
            except AWAY as error:
                self._away = f"Redis does not answer ({error or type(error).__name__})"
            async with self._ticked:
                self._ticked.notify_all()

    async def _look(self) -> None:
        after = await progress(self._client, self._topics)
        self.in_force = await catalogue_in_force(self._client)
        before = self._before or after
        grown = [_grown(one, other) for one, other in zip(before, after, strict=True)]
        changes, self._changes = self._changes, 0
        events, alerts = (sum(part) for part in zip(*grown, strict=True))
        self._seconds.append(Second(_now(), events, changes, alerts))
        self._told += 1
        self._before = after
        self._clock = min((one.clock for one in after if one.clock is not None), default=None)

    # telling

    async def pulses(self) -> AsyncIterator[bytes]:
        """Yield events for a page that looks, the first at once."""
        told = max(0, self._told - _KEPT_S)
        known = -1
        while True:
            await self._measure()
            pulse, told, known = self._pulse(told, known), self._told, self._round
            yield event(encode(pulse), "pulse")
            async with self._ticked:
                await self._ticked.wait()

    async def _measure(self) -> None:
        """Compute what has changed since the last look, giving way to others after each tag."""
        if not self._stale:
            return
        stale, self._stale = self._stale, set()
        self._round += 1
        for name in stale:
            found = spread(self.matcher.index, name, self._catalogue.tags.get(name))
            before = self._spreads.get(name)
            if before is None or before[1] != found:
                self._spreads[name] = self._round, found
            await asyncio.sleep(0)

    def _pulse(self, told: int, known: int) -> Pulse:
        fresh = min(self._told - told, len(self._seconds))
        return Pulse(
            time=_now(),
            catalogue=self._catalogue.id,
            in_force=self.in_force,
            users=self.matcher.index.users,
            clock=self._clock,
            behind=self.behind,
            problem=self.problem,
            seconds=list(islice(self._seconds, len(self._seconds) - fresh, None)),
            tags={name: found for name, (at, found) in self._spreads.items() if at > known},
        )


def _grown(before: Progress, after: Progress) -> tuple[int, int]:
    """Events and alerts since; alerts are counted anew in a new run."""
    alerts = after.alerts - before.alerts if after.run == before.run else 0
    return max(0, after.events - before.events), max(0, alerts)


def _now() -> int:
    return time.time_ns() // 1_000_000
