"""PROTOCOL.md's rules, each as what the code is without it.

Every function takes one step out of the real code; `STEPS` lists them in the page's order, with
the faults under which the damage shows. docs/reliability.md is the same list for people.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import pytest

from agents import recovery
from agents.applying import Applying, Forward
from agents.checkpoint import Checkpointer, Cut
from agents.owning import Owning
from agents.recovery import BEHIND, Ranges, Recovery, Rows
from agents.redis import publisher
from agents.redis.publisher import Claimed, Publisher
from agents.session import Lost, Session
from agents.transport.changelog import Changelog, NotWritten, Record
from agents.transport.merge import Merge
from schemas.events import Event
from schemas.journal import Events
from schemas.records import with_epoch
from streams import engine
from streams.effects import Effects, Outcome
from streams.engine import Partition
from streams.erasures import Erasures
from tests.agents.protocol.kafka_box import SimOutgoing
from tests.agents.protocol.world import CALM

Patch = pytest.MonkeyPatch
LeaveOut = Callable[[Patch], None]


@dataclass(frozen=True, slots=True)
class Step:
    """A rule: how to leave it out, and the histories in which that is seen."""

    leave_out: LeaveOut
    faults: tuple[str, ...]
    calm: tuple[str, ...] = CALM
    wall: bool | None = None
    unacknowledged: float | None = None
    every_s: float | None = None
    late: float | None = None
    repeats: bool = True

    def choices(self) -> dict[str, Any]:
        """What `play` is told about these histories."""
        names = ("faults", "calm", "wall", "unacknowledged", "every_s", "late", "repeats")
        return {name: getattr(self, name) for name in names}


def edit(patch: Patch, name: str, old: str, new: str = "") -> None:
    """Let the publisher use a script with other text."""
    script = copy(getattr(publisher, name))
    assert old in script.text
    script.text = script.text.replace(old, new)
    script.sha = hashlib.sha1(script.text.encode(), usedforsecurity=False).hexdigest()
    patch.setattr(publisher, name, script)


# -- taking a partition


def claim_record(patch: Patch) -> None:
    """1: the epoch is only read off the end of the changelog."""

    async def claim(self: Changelog, partition: int, _: str) -> int:
        return max(0, await self.end(partition) - 1)

    patch.setattr(Changelog, "claim", claim)


def older_epochs_refused(patch: Patch) -> None:
    """3: the later record wins, whoever wrote it."""

    def latest(value: bytes) -> tuple[int, bytes]:
        return 1 << 60, value[8:]

    patch.setattr(recovery, "epoch_and_body", latest)


def refused_rows_written_again(patch: Patch) -> None:
    """3: what a zombie overwrote stays overwritten, until compaction removes the good row."""
    real = Rows.finish

    def finish(self: Rows) -> None:
        self._refused.clear()
        real(self)

    patch.setattr(Rows, "finish", finish)


def end_watched(patch: Patch) -> None:
    """An owner with nothing to write does not look at the end of the changelog."""

    async def never(_: Owning[Session]) -> None:
        await asyncio.Event().wait()

    patch.setattr(Owning, "_keep_watched", never)


def signs_of_a_loss(patch: Patch) -> None:
    """4: nothing is compared; any one sign alone is covered by the others."""
    for why in list(BEHIND):
        patch.delitem(BEHIND, why)


def another_server(patch: Patch) -> None:
    """4: after a failover all is well as long as positions look right."""
    patch.delitem(BEHIND, "Redis is another server than before (restart or failover)")


def replayed(patch: Patch) -> None:
    """5: the state stays at the checkpoint."""

    async def replay(
        _: Recovery, session: Session, __: Rows, claimed: Claimed, ___: object
    ) -> None:
        session.positions = recovery._published(claimed, recovery_topics(session))

    patch.setattr(Recovery, "_replay", replay)


def replayed_in_journal_order(patch: Patch) -> None:
    """5: topic after topic."""

    def unmerged(self: Ranges, events: Events) -> tuple[list[Any], list[int]]:
        found = [
            (record, topic)
            for topic, (first, until) in enumerate(events.ranges)
            for record in self._records[topic]
            if first <= record.offset < until
        ]
        return [record for record, _ in found], [topic for _, topic in found]

    patch.setattr(Ranges, "merged", unmerged)


def replayed_rows_dirty(patch: Patch) -> None:
    """5: what the replay changed is not written by the next checkpoint."""
    real = Recovery._replay

    async def replay(
        self: Recovery, session: Session, rows: Rows, claimed: Claimed, wanted: Any
    ) -> None:
        before = [user for user, _ in session.state.take_dirty()]
        await real(self, session, rows, claimed, wanted)
        session.state.take_dirty()
        for user in before:
            session.state.mark_dirty(user)

    patch.setattr(Recovery, "_replay", replay)


def started_at_published_positions(patch: Patch) -> None:
    """6: the consumer starts where the checkpoint is."""
    real = Recovery._replay

    async def replay(
        self: Recovery, session: Session, rows: Rows, claimed: Claimed, wanted: Any
    ) -> None:
        await real(self, session, rows, claimed, wanted)
        assert rows.checkpoint is not None
        session.positions = rows.checkpoint.positions

    patch.setattr(Recovery, "_replay", replay)


# -- a block


def known_events_move_the_clock(patch: Patch) -> None:
    """1: an event that was applied before changes nothing, not even the clock."""
    _clock_stays_at(patch, "known")


def repeats_move_the_clock(patch: Patch) -> None:
    """1: an event that its producer sent again changes nothing, not even the clock."""
    _clock_stays_at(patch, "duplicate")


def _clock_stays_at(patch: Patch, still: Outcome) -> None:
    real = Partition.apply

    def apply(
        self: Partition,
        topic: int,
        offset: int,
        event: Event,
        arrived: int,
        out: Effects,
        origin: tuple[str, int] | None = None,
    ) -> Outcome:
        before = self.clock
        outcome = real(self, topic, offset, event, arrived, out, origin)
        if outcome == still:
            self.clock = before
        return outcome

    patch.setattr(Partition, "apply", apply)


def merged(patch: Patch) -> None:
    """1: one topic's records after the other's."""

    def one_by_one(self: Merge[Any], limit: int) -> tuple[list[Any], list[int]]:
        found = [(r, i) for i, feed in enumerate(self.feeds) for r in feed.records][:limit]
        for _, index in found:
            self.feeds[index].drop(1)
        return [r for r, _ in found], [i for _, i in found]

    patch.setattr(Merge, "take", one_by_one)


def rejects_acknowledged_first(patch: Patch) -> None:
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


def rejects_journaled(patch: Patch) -> None:
    """2: which records were rejected is left to whoever replays them."""
    real = Applying._skip

    def skip(self: Applying, topic: int, record: Any) -> None:
        real(self, topic, record)
        self._skipped.clear()

    patch.setattr(Applying, "_skip", skip)


def always_published(patch: Patch) -> None:
    """3: a block without effects is done without a call."""
    real = Applying._cut

    def cut(self: Applying) -> None:
        if self._effects.changes or self._effects.alerts:
            real(self)
        else:
            self._entries.clear()
            self._from = list(self._positions)

    patch.setattr(Applying, "_cut", cut)


def cut_between_blocks(patch: Patch) -> None:
    """4: a checkpoint may fall into a block."""

    async def cut(self: Checkpointer, session: Session) -> Cut:
        rows = [(u.encode(), with_epoch(session.epoch, r)) for u, r in session.state.take_dirty()]
        return Cut(self._record(session), rows)

    patch.setattr(Checkpointer, "_cut", cut)


# -- the call


def number_compared(patch: Patch) -> None:
    """A call goes through, whatever came before it."""
    edit(patch, "PUBLISH", "if held[1] ~= ARGV[3] then return 'other call' end")


def idle_owner_checks(patch: Patch) -> None:
    """An owner with nothing to publish does not ask whether Redis is as it left it."""

    async def never(_: Owning[Session]) -> None:
        await asyncio.Event().wait()

    patch.setattr(Owning, "_keep_checked", never)


# -- checkpoint


def positions_of_the_cut(patch: Patch) -> None:
    """1: positions are those of the moment of writing."""
    real = Checkpointer._write

    async def write(self: Checkpointer, session: Session, cut: Cut) -> None:
        await asyncio.sleep(0.1)
        await real(self, session, Cut(self._record(session), cut.rows))

    patch.setattr(Checkpointer, "_write", write)


def acknowledgements_awaited(patch: Patch) -> None:
    """2: rows are sent, and the record follows at once."""

    async def append(self: Changelog, partition: int, records: Iterable[Record], end: int) -> int:
        return end + sum([size for size, _, _ in await self._send(partition, records)])

    patch.setattr(Changelog, "append", append)


def rows_before_the_record(patch: Patch) -> None:
    """3: first the checkpoint record, then the rows."""

    async def write(self: Checkpointer, session: Session, cut: Cut) -> None:
        p, log = session.partition, self._changelog
        end = await log.write_checkpoint(p, session.epoch, cut.checkpoint, session.changelog_end)
        session.changelog_end = await log.append(p, cut.rows, end)
        session.checkpointed = cut.checkpoint.calls
        await self._publisher.trim(session, cut.checkpoint.calls)

    patch.setattr(Checkpointer, "_write", write)


def clock_of_the_cut(patch: Patch) -> None:
    """The clock is taken from Redis, not from the checkpoint record."""
    real = recovery._session

    def session(partition: int, rows: Rows, claimed: Claimed, *rest: Any) -> Session:
        rows.state.clock = max(rows.state.clock, int(claimed.meta.get("clock", "-1")))
        return real(partition, rows, claimed, *rest)

    patch.setattr(recovery, "_session", session)


def trimmed_last(patch: Patch) -> None:
    """5: the journal is trimmed before the checkpoint is written."""
    real = Checkpointer._write

    async def write(self: Checkpointer, session: Session, cut: Cut) -> None:
        await self._publisher.trim(session, cut.checkpoint.calls)
        await real(self, session, cut)

    patch.setattr(Checkpointer, "_write", write)


def trimmed_to_the_cut(patch: Patch) -> None:
    """5: the journal is trimmed up to the last call there is."""
    real = Publisher.trim

    async def trim(self: Publisher, session: Session, _: int) -> None:
        await real(self, session, session.calls)

    patch.setattr(Publisher, "trim", trim)


def foreign_writes_seen(patch: Patch) -> None:
    """Where a batch landed is not looked at."""

    async def append(self: Changelog, partition: int, records: Iterable[Record], end: int) -> int:
        for sent in await self._send(partition, records):
            end = await self._first_offset(sent, self._clock.host()) + sent[0]
        return end

    patch.setattr(Changelog, "append", append)


def failed_checkpoints_end_the_session(patch: Patch) -> None:
    """A checkpoint that failed is forgotten; the next one goes on behind it."""

    async def checkpoint(self: Checkpointer, session: Session) -> None:
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


# -- a new run


def steps_in_turn(patch: Patch) -> None:
    """1-3: a step counts whenever it arrives."""
    for name in ("PUT_USERS", "CLEAR_USERS"):
        edit(patch, name, " or out_of_turn(ARGV[3])")
    edit(patch, "BEGIN_RUN", "if redis.call('HGET', meta, 'run') == ARGV[3] then return 'ok' end")
    edit(patch, "END_RUN", "if held[1] ~= ARGV[3] then return 'other step' end")


def hashes_emptied(patch: Patch) -> None:
    """1: hashes of users whom the state does not know stay."""

    async def clear_users(_: Publisher, __: Session) -> None:
        await asyncio.sleep(0)

    patch.setattr(Publisher, "clear_users", clear_users)


def numbers_jump(patch: Patch) -> None:
    """1: seq goes on from the checkpoint's."""
    patch.setattr(recovery, "NEW_RUN_JUMP", 0)


def communities_counted_once(patch: Patch) -> None:
    """5: the differences that a replay finds are published once more, with the next call."""
    real = Recovery._replay

    async def replay(self: Recovery, session: Session, *rest: Any) -> None:
        state: Any = session.state
        state.take_counts = dict  # takes nothing
        try:
            await real(self, session, *rest)
        finally:
            del state.take_counts

    patch.setattr(Recovery, "_replay", replay)


def server_noted(patch: Patch) -> None:
    """3: which server the run was written to is not noted."""
    edit(patch, "END_RUN", "'server', ARGV[5]", "'server_', ARGV[5]")


def largest_clock(patch: Patch) -> None:
    """3: the clock is that of the checkpoint record, behind rows that are newer."""
    patch.setattr(Partition, "user_clocks", lambda _: ())


def checkpoint_before_the_first_block(patch: Patch) -> None:
    """4: the run is in Redis, and nowhere else until the next checkpoint."""
    real = Recovery._new_run

    class Idle:
        async def checkpoint(self, _: Session) -> None:
            await asyncio.sleep(0)

    async def new_run(self: Recovery, session: Session, rows: Rows, claimed: Claimed) -> None:
        mine, self._checkpointer = self._checkpointer, Idle()  # type: ignore[assignment] # its one verb
        try:
            await real(self, session, rows, claimed)
        finally:
            self._checkpointer = mine

    patch.setattr(Recovery, "_new_run", new_run)


# -- forwarded


def origins_kept(patch: Patch) -> None:
    """Only the remembered ids tell that an event was sent on before."""
    patch.setattr(Partition, "_was_forwarded", lambda *_: False)
    patch.setattr(engine, "KEPT", 1)  # as after 32 other events


def erasures_written(patch: Patch) -> None:
    """The rows of a checkpoint have everything but who was erased."""
    patch.setattr(Erasures, "take_dirty", lambda *_: [])


def recovery_topics(session: Session) -> Any:
    """Full names by topic index."""
    return session.state._topics


CRASHES = ("crash", "torn", "freeze", "late", "rebalance", "polite", "double")
LOSSES = ("crash", "freeze", "failover", "flush", "away")

STEPS: Mapping[str, Step] = {
    "claim record": Step(claim_record, CRASHES),
    "older epochs refused": Step(older_epochs_refused, ("freeze",)),
    "refused rows written again": Step(
        refused_rows_written_again, (), calm=("burst", "burst"), wall=False
    ),
    "end watched": Step(end_watched, (), calm=("burst", "burst"), wall=False),
    "Redis behind is seen": Step(signs_of_a_loss, ("failover", "flush")),
    "failover is a loss": Step(another_server, ("failover",)),
    "replayed": Step(replayed, CRASHES),
    "replayed in journal order": Step(replayed_in_journal_order, ("torn",), every_s=0.6),
    "communities counted once": Step(communities_counted_once, CRASHES),
    "replayed rows dirty": Step(replayed_rows_dirty, CRASHES),
    "started at published positions": Step(started_at_published_positions, CRASHES),
    "known events move the clock": Step(known_events_move_the_clock, ("torn",)),
    "repeats move the clock": Step(repeats_move_the_clock, ("torn",)),
    "merged": Step(merged, CRASHES),
    "rejects acknowledged first": Step(rejects_acknowledged_first, ("crash",), every_s=0.6),
    "rejects journaled": Step(rejects_journaled, CRASHES),
    "always published": Step(always_published, CRASHES),
    "cut between blocks": Step(cut_between_blocks, ("torn",), every_s=0.6),
    "number compared": Step(number_compared, ("away", "freeze", "failover")),
    "idle owner checks": Step(idle_owner_checks, (), calm=("flush",), wall=False),
    "positions of the cut": Step(positions_of_the_cut, CRASHES),
    "acknowledgements awaited": Step(acknowledgements_awaited, CRASHES, unacknowledged=0.2),
    "rows before the record": Step(rows_before_the_record, ("torn",)),
    "clock of the cut": Step(clock_of_the_cut, ("torn",), every_s=0.6),
    "trimmed last": Step(trimmed_last, CRASHES),
    "trimmed to the cut": Step(trimmed_to_the_cut, CRASHES),
    "foreign writes seen": Step(foreign_writes_seen, ("freeze", "late"), every_s=0.6),
    "failed checkpoints end the session": Step(
        failed_checkpoints_end_the_session, CRASHES, unacknowledged=0.2
    ),
    "steps in turn": Step(steps_in_turn, ("flush",), every_s=5.0, late=0.1),
    "hashes emptied": Step(hashes_emptied, ("failover",), every_s=0.6),
    "numbers jump": Step(numbers_jump, LOSSES),
    "server noted": Step(server_noted, CRASHES),
    "largest clock": Step(largest_clock, ("ruin",)),
    "checkpoint before the first block": Step(
        checkpoint_before_the_first_block, ("crash",), every_s=0.6
    ),
    "origins kept": Step(origins_kept, (), repeats=False),
    "erasures written": Step(erasures_written, CRASHES),
}
"""In the order of the page. Left out here: what no history can show (docs/reliability.md)."""
