"""A block and its call, without one of their steps."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from agents.applying import Applying, Forward
from agents.checkpoint import Checkpointer, Cut
from agents.session import Session
from agents.transport.merge import Merge
from schemas.records import with_epoch
from streams import engine
from streams.effects import Outcome
from streams.engine import Partition
from tests.agents.protocol.kafka_box import SimOutgoing
from tests.agents.protocol.without.scripts import edit


def known_events_move_the_clock(patch: pytest.MonkeyPatch) -> None:
    """1: an event that was applied before changes nothing, not even the clock."""
    _clock_stays_at(patch, "known")


def repeats_move_the_clock(patch: pytest.MonkeyPatch) -> None:
    """1: an event that its producer sent again changes nothing, not even the clock."""
    _clock_stays_at(patch, "duplicate")


def _clock_stays_at(patch: pytest.MonkeyPatch, still: Outcome) -> None:
    real = Partition.apply

    def apply(self: Partition, *event: Any) -> Outcome:
        before = self.clock
        outcome = real(self, *event)
        if outcome == still:
            self.clock = before
        return outcome

    patch.setattr(Partition, "apply", apply)


def merged(patch: pytest.MonkeyPatch) -> None:
    """1: one topic's records after the other's."""

    def one_by_one(self: Merge[Any], limit: int) -> tuple[list[Any], list[int]]:
        found = [(r, i) for i, feed in enumerate(self.feeds) for r in feed.records][:limit]
        for _, index in found:
            self.feeds[index].drop(1)
        return [r for r, _ in found], [i for _, i in found]

    patch.setattr(Merge, "take", one_by_one)


def rejects_acknowledged_first(patch: pytest.MonkeyPatch) -> None:
    """2: dead letters are sent, and nobody waits for the acknowledgement."""
    real = SimOutgoing.send

    async def send(
        self: SimOutgoing, session: Session, rejects: Any, forwards: Iterable[Forward]
    ) -> None:
        async def later() -> None:
            await asyncio.sleep(0.3)
            await real(self, session, rejects, list(forwards))

        sending = asyncio.create_task(later())
        sending.add_done_callback(lambda done: done.cancelled() or done.exception())

    patch.setattr(SimOutgoing, "send", send)


def rejects_journaled(patch: pytest.MonkeyPatch) -> None:
    """2: which records were rejected is left to whoever replays them."""
    real = Applying._skip

    def skip(self: Applying, topic: int, record: Any) -> None:
        real(self, topic, record)
        self._skipped.clear()

    patch.setattr(Applying, "_skip", skip)


def always_published(patch: pytest.MonkeyPatch) -> None:
    """3: a block without effects is done without a call."""
    real = Applying._cut

    def cut(self: Applying) -> None:
        if self._effects.changes or self._effects.alerts:
            real(self)
        else:
            self._entries.clear()
            self._from = list(self._positions)

    patch.setattr(Applying, "_cut", cut)


def cut_between_blocks(patch: pytest.MonkeyPatch) -> None:
    """4: a checkpoint may fall into a block."""

    async def cut(self: Checkpointer[Session], session: Session) -> Cut:
        rows = [(u.encode(), with_epoch(session.epoch, r)) for u, r in session.state.take_dirty()]
        return Cut(session.record(self._catalogue), rows)

    patch.setattr(Checkpointer, "_cut", cut)


def number_compared(patch: pytest.MonkeyPatch) -> None:
    """A call goes through, whatever came before it."""
    edit(patch, "PUBLISH", "if held[1] ~= ARGV[3] then return 'other call' end")


def origins_kept(patch: pytest.MonkeyPatch) -> None:
    """Only the remembered ids tell that an event was sent on before."""
    patch.setattr(Partition, "_was_forwarded", lambda *_: False)
    patch.setattr(engine, "KEPT", 1)  # as after 32 other events
