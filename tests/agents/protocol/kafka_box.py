"""Kafka in memory: the topics of one partition, its changelog, and clients with real signatures.

`SimChangelog` overrides only what touches the network; claiming, appending, checking offsets
and writing checkpoints is the real code.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from aiokafka.errors import KafkaTimeoutError

from agents.applying import Forward, Reject
from agents.clock import WallClock
from agents.session import Lost, Session
from agents.transport.changelog import Changelog, Record, Sent
from agents.transport.merge import Positions
from tests.agents.protocol.redis_box import Gate


@dataclass(slots=True, frozen=True)
class Stored:
    """A record in a log."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(slots=True)
class Log:
    """One partition of one topic."""

    records: list[Stored] = field(default_factory=list)
    end: int = 0

    def append(
        self,
        timestamp: int,
        key: bytes | None,
        value: bytes | None,
        headers: tuple[tuple[str, bytes], ...] = (),
    ) -> int:
        offset, self.end = self.end, self.end + 1
        self.records.append(Stored(offset, timestamp, key, value, headers))
        return offset

    def compact(self, before: int) -> None:
        """Of the records older than this, keep the last of each key."""
        last = {r.key: r.offset for r in self.records if r.timestamp < before}
        self.records = [r for r in self.records if r.timestamp >= before or last[r.key] == r.offset]

    def between(self, first: int, until: int) -> list[Stored]:
        return [r for r in self.records if first <= r.offset < until]


class SimChangelog(Changelog):
    """A worker's client of the changelog. `now_ms`: the broker's clock."""

    def __init__(
        self, log: Log, gate: Gate, chance: Random, now_ms: Callable[[], int], failing: float
    ) -> None:
        super().__init__("changelog", {}, WallClock(lambda _: None))
        self._log, self._gate, self._chance, self._now_ms = log, gate, chance, now_ms
        self._failing = failing  # share of batches that are not acknowledged
        self._last: asyncio.Task[Any] | None = None
        self.broken = False  # the client is gone: what was not sent may still arrive, or not

    async def _send(self, _: int, records: Iterable[Record]) -> list[Sent]:
        await self._gate.pause()
        left, sent = list(records), list[Sent]()
        while left:
            size = min(len(left), self._chance.choice((1, 2, 5, 20)))
            batch, left = left[:size], left[size:]
            self._last = asyncio.create_task(self._deliver(self._last, batch))
            self._last.add_done_callback(_look_at_it)
            sent.append((size, self._acknowledged(self._last), None))
        return sent

    def _acknowledged(self, delivery: "asyncio.Task[Any]") -> "asyncio.Task[Any]":
        async def wait() -> Any:
            try:
                return await asyncio.shield(delivery)
            finally:
                await self._gate.pause()

        waiting = asyncio.create_task(wait())
        waiting.add_done_callback(_look_at_it)
        return waiting

    async def _deliver(self, before: "asyncio.Task[Any] | None", batch: Sequence[Record]) -> Any:
        """Batches arrive in order, whether or not anybody still waits for them."""
        if before is not None:
            await asyncio.wait({before})
        await asyncio.sleep(self._chance.uniform(0.0, 0.03))
        if self.broken and self._chance.random() < 0.5:
            raise KafkaTimeoutError
        if fails := self._chance.random() < self._failing:
            await asyncio.sleep(self._chance.uniform(0.0, 2.0))
            if self._chance.random() < 0.5:
                raise KafkaTimeoutError
        first = self._log.end
        for key, value in batch:
            self._log.append(self._now_ms(), key, value)
        if fails:
            raise KafkaTimeoutError
        return Acknowledged(first)

    async def read(
        self, _: int, until: int, wanted: Callable[[], bool]
    ) -> AsyncIterator[list[Any]]:
        at = 0
        while wanted() and at <= until:
            await self._gate.pause()
            found = self._log.between(at, until + 1)[: self._chance.randint(1, 30)]
            if found:
                yield list(found)
            at = found[-1].offset + 1 if found else until + 1

    async def end(self, _: int) -> int:
        await self._gate.pause()
        return self._log.end


@dataclass(slots=True, frozen=True)
class Acknowledged:
    """What the client answers for a batch; a broker that stamps nothing."""

    offset: int
    timestamp: int = -1
    timestamp_type: int = 0


def _look_at_it(task: "asyncio.Task[Any]") -> None:
    """Nobody may wait for it any more: then nobody must complain of its error either."""
    if not task.cancelled():
        task.exception()


@dataclass(slots=True)
class SimSources:
    """As `Sources`."""

    logs: Sequence[Log]
    gate: Gate

    async def read(
        self, _: int, after: Positions, until: Positions, __: Callable[[], bool]
    ) -> list[list[Any]]:
        await self.gate.pause()
        return [
            list(log.between(first, last))
            for log, first, last in zip(self.logs, after, until, strict=True)
        ]


@dataclass(slots=True)
class SimOutgoing:
    """As `Outgoing`: dead letters are in `dead` once they are acknowledged."""

    gate: Gate
    dead: set[tuple[int, int]]

    async def send(self, session: Session, rejects: Sequence[Reject], _: Sequence[Forward]) -> None:
        await self.gate.pause()
        self.dead.update((reject.topic, reject.record.offset) for reject in rejects)
        await self.gate.pause()
        if not session.live:
            raise Lost("given up while dead letters could not be written")
