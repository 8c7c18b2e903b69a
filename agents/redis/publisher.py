"""Publishes to Redis what the engine decided: one atomic, fenced call at a time.

A call that got no answer is repeated with the same id until Redis answers, so it takes effect
once. Any refusal means that the partition is no longer as we left it:
`Lost`, and the partition is restored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from uuid import uuid4

from agents.redis import lua
from agents.redis.arguments import flat, of_alerts, of_changes, of_counts, of_positions
from agents.redis.fenced import Fenced
from agents.redis.keys import Keys
from agents.session import Call, Lost, Session
from schemas.journal import Entry, encode_entry


@dataclass(frozen=True, slots=True)
class Claimed:
    """What Redis had at the moment the epoch was raised."""

    meta: Mapping[str, str]
    journal: Sequence[bytes]
    server: str


class Publisher:
    """The only writer of tags while a run lasts.

    `topics`: full names by topic index, for the `pos:` fields. `stream_length`: of the streams
    of changes and alerts.
    """

    def __init__(
        self, fenced: Fenced, keys: Keys, topics: Sequence[str], stream_length: int
    ) -> None:
        self._fenced, self._keys, self._topics = fenced, keys, topics
        self._stream_length = stream_length
        self._name, self._numbers = uuid4().hex, count()

    def _next_id(self) -> str:
        """What no other call has. A new random one costs a system call, and with it the GIL."""
        return f"{self._name}-{next(self._numbers)}"

    async def interrupt(self) -> None:
        """Whoever waits for an answer is told at once that Redis is away."""
        await self._fenced.interrupt()

    async def claim(self, partition: int, epoch: int, wanted: Callable[[], bool]) -> Claimed:
        """Taking a partition 2: raises the epoch; raises Lost if Redis has a higher one."""
        keys = [self._keys.partition_meta(partition), self._keys.journal(partition)]
        answer, server = await self._fenced.claim(partition, lua.CLAIM, keys, epoch, wanted)
        if len(answer) == 1:
            raise Lost(f"partition {partition}: epoch {epoch}, but Redis has {answer[0]}")
        fields = [part.decode() for part in answer[1]]
        return Claimed(dict(zip(fields[::2], fields[1::2], strict=True)), answer[2], server)

    async def publish(self, session: Session, call: Call) -> None:
        """Publishes a call and waits until it has taken effect; raises Lost."""
        keys = self._keys
        p = session.partition
        seq = session.seq + len(call.changes)
        alert_seq = session.alert_seq + len(call.alerts)
        entry = encode_entry(Entry(session.calls + 1, tuple(call.entries)))
        counts = of_counts(call.counts)
        arguments: list[str | bytes | int] = [
            *(session.calls, self._next_id(), seq, alert_seq, call.clock, entry),
            *(self._stream_length, keys.partition(p), len(self._topics)),
            *of_positions(self._topics, call.positions),
            *of_changes(call.changes, session.seq),
            len(call.alerts),
            *of_alerts(call.alerts, session.alert_seq),
            len(counts),
            *flat(counts),
        ]
        names = [
            keys.partition_meta(p),
            keys.journal(p),
            keys.changes(p),
            keys.alerts(p),
            keys.notify(p),
        ]
        await self._fenced.run(session, lua.PUBLISH, names, arguments)
        session.calls, session.seq, session.alert_seq = session.calls + 1, seq, alert_seq

    async def trim(self, session: Session, calls: int) -> None:
        """Forgets the journal up to call number `calls`; raises Lost."""
        keys = [self._keys.partition_meta(session.partition), self._keys.journal(session.partition)]
        await self._fenced.run(session, lua.TRIM, keys, [calls])

    async def check(self, session: Session) -> None:
        """Raises Lost unless Redis is as our last call left it."""
        keys = [self._keys.partition_meta(session.partition)]
        await self._fenced.run(session, lua.CHECK, keys, [session.calls])
