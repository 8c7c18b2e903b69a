"""A checkpoint, without one of its steps."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from agents.checkpoint import Checkpointer, Cut
from agents.recovery import take
from agents.recovery.rows import Rows
from agents.redis.publisher import Claimed, Publisher
from agents.session import Lost, Session
from agents.transport.changelog import Changelog, NotWritten, Record
from streams.erasures import Erasures


def positions_of_the_cut(patch: pytest.MonkeyPatch) -> None:
    """1: positions are those of the moment of writing."""
    real = Checkpointer._write

    async def write(self: Checkpointer[Session], session: Session, cut: Cut) -> None:
        await asyncio.sleep(0.1)
        await real(self, session, Cut(session.record(self._catalogue), cut.rows))

    patch.setattr(Checkpointer, "_write", write)


def acknowledgements_awaited(patch: pytest.MonkeyPatch) -> None:
    """2: rows are sent, and the record follows at once."""

    async def append(self: Changelog, partition: int, records: Iterable[Record], end: int) -> int:
        return end + sum([size for size, _, _ in await self._send(partition, records)])

    patch.setattr(Changelog, "append", append)


def rows_before_the_record(patch: pytest.MonkeyPatch) -> None:
    """3: first the checkpoint record, then the rows."""

    async def write(self: Checkpointer[Session], session: Session, cut: Cut) -> None:
        p, log = session.partition, self._changelog
        end = await log.write_checkpoint(p, session.epoch, cut.checkpoint, session.changelog_end)
        session.changelog_end = await log.append(p, cut.rows, end)
        session.checkpointed = cut.checkpoint.calls
        assert self._trim is not None
        await self._trim(session, cut.checkpoint.calls)

    patch.setattr(Checkpointer, "_write", write)


def clock_of_the_cut(patch: pytest.MonkeyPatch) -> None:
    """The clock is taken from Redis, not from the checkpoint record."""
    real = take._session

    def session(partition: int, rows: Rows, claimed: Claimed, *rest: Any) -> Session:
        rows.state.clock = max(rows.state.clock, int(claimed.meta.get("clock", "-1")))
        return real(partition, rows, claimed, *rest)

    patch.setattr(take, "_session", session)


def trimmed_last(patch: pytest.MonkeyPatch) -> None:
    """5: the journal is trimmed before the checkpoint is written."""
    real = Checkpointer._write

    async def write(self: Checkpointer[Session], session: Session, cut: Cut) -> None:
        assert self._trim is not None
        await self._trim(session, cut.checkpoint.calls)
        await real(self, session, cut)

    patch.setattr(Checkpointer, "_write", write)


def trimmed_to_the_cut(patch: pytest.MonkeyPatch) -> None:
    """5: the journal is trimmed up to the last call there is."""
    real = Publisher.trim

    async def trim(self: Publisher, session: Session, _: int) -> None:
        await real(self, session, session.calls)

    patch.setattr(Publisher, "trim", trim)


def foreign_writes_seen(patch: pytest.MonkeyPatch) -> None:
    """Where a batch landed is not looked at."""

    async def append(self: Changelog, partition: int, records: Iterable[Record], end: int) -> int:
        for sent in await self._send(partition, records):
            end = await self._first_offset(sent, self._clock.host()) + sent[0]
        return end

    patch.setattr(Changelog, "append", append)


def failed_checkpoints_end_the_session(patch: pytest.MonkeyPatch) -> None:
    """A checkpoint that failed is forgotten; the next one goes on behind it."""

    async def checkpoint(self: Checkpointer[Session], session: Session) -> None:
        async with self._locks.setdefault(session.partition, asyncio.Lock()):
            if not session.live or session.checkpointed == session.calls:
                return
            cut = await self._cut(session)
            try:
                await self._write(session, cut)
            except NotWritten:
                session.changelog_end = await self._changelog.end(session.partition)
            except Exception as reason:
                session.live = False
                raise Lost(str(reason)) from reason

    patch.setattr(Checkpointer, "checkpoint", checkpoint)


def erasures_written(patch: pytest.MonkeyPatch) -> None:
    """The rows of a checkpoint have everything but who was erased."""
    patch.setattr(Erasures, "take_dirty", lambda *_: [])
