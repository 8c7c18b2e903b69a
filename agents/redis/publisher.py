"""Publishes to Redis what the engine decided: one atomic, fenced call at a time.

A call that got no answer is repeated with the same id until Redis answers, so it takes effect
once (PROTOCOL, "The call"). Any refusal means that the partition is no longer as we left it:
`Lost`, and the partition is restored.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import msgspec

from agents.redis.keys import Keys
from agents.redis.link import Argument, Away, OtherServer, Script
from agents.redis.links import Links
from agents.session import Call, Lost, Session
from schemas.changes import TagChange, TagValue
from schemas.journal import Entry, encode_entry
from streams.communities import Counts
from streams.effects import TagState

CLAIM = Script("claim", fenced=False)
PUBLISH = Script("publish")
TRIM = Script("trim")
CHECK = Script("check")
BEGIN_RUN = Script("begin_run")
PUT_USERS = Script("put_users")
CLEAR_USERS = Script("clear_users")
PUT_COMMUNITIES = Script("put_communities")
SHOW_USERS = Script("show_users")
END_RUN = Script("end_run")

_COUNTS_A_CALL = 1_000
_PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # between repeats; the last one from then on

log = logging.getLogger(__name__)
encode = msgspec.json.Encoder(decimal_format="number").encode


class Shown(msgspec.Struct, frozen=True):
    """A tag in the hash of its user."""

    value: object
    since: int
    seq: int


class Seen(msgspec.Struct, frozen=True):
    """The same, read back."""

    value: TagValue
    since: int


_decode_seen = msgspec.json.Decoder(Seen).decode


@dataclass(frozen=True, slots=True)
class Claimed:
    """What Redis had at the moment the epoch was raised."""

    meta: Mapping[str, str]
    journal: Sequence[bytes]
    server: str


class Publisher:
    """The only writer of tags.

    `links`: the connections, by partition; `topics`: full names by topic index, for the
    `pos:` fields. `about`: what every reader must know of this deployment, written again with
    each new run, for a Redis that lost its data has lost that too.
    """

    def __init__(
        self,
        links: Links,
        keys: Keys,
        topics: Sequence[str],
        stream_length: int,
        on_away: Callable[[str | None], None],
        about: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._links, self._keys, self._topics = links, keys, topics
        self._about = about
        self._stream_length = stream_length
        self._on_away = on_away  # told the kind of error when Redis is away, None when it is back
        self._away = False

    async def interrupt(self) -> None:
        """Whoever waits for an answer is told at once that Redis is away."""
        await self._links.interrupt()

    async def claim(self, partition: int, epoch: int, wanted: Callable[[], bool]) -> Claimed:
        """Taking a partition 2: raises the epoch; raises Lost if Redis has a higher one."""
        keys = [self._keys.partition_meta(partition), self._keys.journal(partition)]
        link = self._links.of(partition)
        answer = await self._until_answered(lambda: link.run(CLAIM, keys, [epoch], None), wanted)
        if len(answer) == 1:
            raise Lost(f"partition {partition}: epoch {epoch}, but Redis has {answer[0]}")
        flat = [part.decode() for part in answer[1]]
        return Claimed(dict(zip(flat[::2], flat[1::2], strict=True)), answer[2], link.server)

    async def publish(self, session: Session, call: Call) -> None:
        """Publishes a call and waits until it has taken effect; raises Lost."""
        keys = self._keys
        p = session.partition
        seq = session.seq + len(call.changes)
        alert_seq = session.alert_seq + len(call.alerts)
        entry = encode_entry(Entry(session.calls + 1, tuple(call.entries)))
        arguments: list[Argument] = [
            *(session.calls, uuid4().hex, seq, alert_seq, call.clock, entry),
            *(self._stream_length, keys.partition(p), len(self._topics)),
            *self._positions(call.positions),
            len(call.changes),
            *_changes(call.changes, session.seq),
            len(call.alerts),
            *_alerts(call.alerts, session.alert_seq),
            *_counts(call.counts),
        ]
        names = [
            keys.partition_meta(p),
            keys.journal(p),
            keys.changes(p),
            keys.alerts(p),
            keys.notify(p),
        ]
        await self._fenced(session, PUBLISH, names, arguments)
        session.calls, session.seq, session.alert_seq = session.calls + 1, seq, alert_seq

    async def trim(self, session: Session, calls: int) -> None:
        """Forgets the journal up to call number `calls`; raises Lost."""
        keys = [self._keys.partition_meta(session.partition), self._keys.journal(session.partition)]
        await self._fenced(session, TRIM, keys, [calls])

    async def check(self, session: Session) -> None:
        """Raises Lost unless Redis is as our last call left it."""
        keys = [self._keys.partition_meta(session.partition)]
        await self._fenced(session, CHECK, keys, [session.calls])

    async def begin_run(self, session: Session, run_seq: int) -> None:
        """A new run 1: the session has its run, seq and alert_seq already."""
        p = session.partition
        keys = [self._keys.partition_meta(p), self._keys.journal(p), self._keys.notify(p)]
        arguments: list[Argument] = [session.run, session.seq, session.alert_seq, run_seq]
        await self._fenced(session, BEGIN_RUN, keys, arguments)
        session.step = 1
        if self._about:
            pairs = [part for pair in self._about.items() for part in pair]
            await self._command(session, "HSET", self._keys.meta, *pairs)

    async def put_users(
        self, session: Session, users: Iterable[tuple[str, Mapping[str, TagState]]]
    ) -> None:
        """A new run 2: writes the hashes of some users anew; raises Lost."""
        arguments: list[Argument] = [self._keys.partition(session.partition)]
        for user, tags in users:
            arguments += [user, len(tags)]
            for tag, state in tags.items():
                shown = Shown(state.value, state.since, session.seq)
                arguments += [tag, encode(shown), encode(state.why)]
        await self._step(session, PUT_USERS, arguments)

    async def put_communities(self, session: Session, counts: Counts) -> None:
        """A new run 2: writes the counts of all communities anew; raises Lost."""
        prefix, moved = self._keys.partition(session.partition), _flat(counts)
        for first in range(0, len(moved), _COUNTS_A_CALL):
            some = (part for one in moved[first : first + _COUNTS_A_CALL] for part in one)
            await self._step(session, PUT_COMMUNITIES, [prefix, *some])

    async def communities(self, session: Session) -> Counts:
        """The counts that readers see: nobody else writes them. Raises Lost."""
        p, counts = session.partition, Counts()
        pages = self._pages(session, ("SSCAN", self._keys.communities(p)))
        for community in {name.decode() async for page in pages for name in page}:
            hash_ = self._keys.community(p, community)
            flat = await self._command(session, "HGETALL", hash_)
            numbers = zip(flat[::2], flat[1::2], strict=True)
            counts[community] = {field.decode(): int(number) for field, number in numbers}
        return counts

    async def shown(
        self, session: Session, users: Sequence[str]
    ) -> list[dict[str, tuple[TagValue, int]]]:
        """Value and since of all tags of these users, as readers see them; raises Lost."""
        keys = [self._keys.partition_meta(session.partition)]
        answer = await self._answer(
            session, SHOW_USERS, keys, [self._keys.partition(session.partition), *users]
        )
        if isinstance(answer, bytes):
            raise Lost(f"partition {session.partition}: {answer.decode()}")
        return [_seen(fields) for fields in answer]

    async def end_run(self, session: Session) -> None:
        """A new run 3: ends the building: positions, clock, server; raises Lost."""
        p = session.partition
        keys = [self._keys.partition_meta(p), self._keys.notify(p)]
        arguments: list[Argument] = [
            *(session.step, session.state.clock, session.server, session.calls + 1),
            *self._positions(session.positions),
        ]
        await self._fenced(session, END_RUN, keys, arguments)
        session.calls += 1

    async def clear_users(self, session: Session) -> None:
        """A new run 1: forgets the hashes of users and communities, in batches; raises Lost."""
        p, keys = session.partition, self._keys
        for kind in (keys.user(p, "*"), keys.why(p, "*"), keys.community(p, "*")):
            async for found in self._pages(session, ("SCAN",), ("MATCH", kind)):
                if found:
                    await self._step(session, CLEAR_USERS, found)
        await self._step(session, CLEAR_USERS, [keys.communities(p)])

    async def _step(self, session: Session, script: Script, arguments: Sequence[Argument]) -> None:
        """One numbered step of writing a run: one that arrives late a second time does nothing."""
        keys = [self._keys.partition_meta(session.partition)]
        await self._fenced(session, script, keys, [session.step, *arguments])
        session.step += 1

    async def _pages(
        self, session: Session, head: tuple[str, ...], tail: tuple[str, ...] = ()
    ) -> AsyncIterator[list[bytes]]:
        """The pages of SCAN and its like: the cursor stands between these parts. Raises Lost."""
        cursor = b"0"
        while True:
            cursor, found = await self._command(session, *head, cursor, *tail, "COUNT", 2_000)
            yield found
            if int(cursor) == 0:
                return

    async def _command(self, session: Session, *arguments: Argument) -> Any:
        link = self._links.of(session.partition)
        return await self._until_answered(lambda: link.command(*arguments), session.worth_waiting)

    def _positions(self, positions: Sequence[int]) -> list[Argument]:
        return [
            part
            for topic, at in zip(self._topics, positions, strict=True)
            for part in (f"pos:{topic}", at)
        ]

    async def _fenced(
        self, session: Session, script: Script, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> None:
        answer = await self._answer(session, script, keys, arguments)
        if answer != b"ok":
            raise Lost(f"partition {session.partition}: {answer.decode()}")

    async def _answer(
        self, session: Session, script: Script, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> Any:
        link, full = self._links.of(session.partition), [session.epoch, session.run, *arguments]
        return await self._until_answered(
            lambda: link.run(script, keys, full, session.server), session.worth_waiting
        )

    async def _until_answered(
        self, ask: Callable[[], Awaitable[Any]], wanted: Callable[[], bool]
    ) -> Any:
        """Repeats while Redis is away and the answer is still wanted; raises Lost when not."""
        tries = 0
        while True:
            try:
                answer = await ask()
            except OtherServer as reason:
                raise Lost(str(reason)) from reason
            except Away as reason:
                self._away = True
                self._on_away(reason.kind)
                if not wanted():
                    raise Lost("given up while Redis was away") from reason
                await asyncio.sleep(_PAUSES_S[min(tries, len(_PAUSES_S) - 1)])
                tries += 1
            else:
                if self._away:  # told by this call, or by one that was given up since
                    self._away = False
                    self._on_away(None)
                return answer


def _changes(changes: Sequence[TagChange], seq: int) -> Iterable[Argument]:
    """Numbers the changes from `seq` + 1 and encodes them: six arguments a change."""
    for number, change in enumerate(changes, seq + 1):
        change.seq = number
        gone = change.tag is not None and change.new is None
        shown = b"" if gone else encode(Shown(change.new, change.time, number))
        yield from (
            number,
            change.user_id,
            change.tag or "",
            shown,
            encode(change.why),
            encode(change),
        )


def _flat(counts: Counts) -> list[tuple[str, str, int]]:
    return [(one, field, by) for one, fields in counts.items() for field, by in fields.items()]


def _counts(counts: Counts) -> Iterable[Argument]:
    """How many, then three arguments each."""
    moved = _flat(counts)
    return [len(moved), *(part for one in moved for part in one)]


def _seen(fields: Sequence[bytes]) -> dict[str, tuple[TagValue, int]]:
    """The hash of a user: names and values in turn."""
    tags = zip(fields[::2], map(_decode_seen, fields[1::2]), strict=True)
    return {name.decode(): (seen.value, seen.since) for name, seen in tags}


def _alerts(alerts: Sequence[Any], seq: int) -> Iterable[Argument]:
    for number, alert in enumerate(alerts, seq + 1):
        alert.seq = number
        yield from (number, encode(alert))
