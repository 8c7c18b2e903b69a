"""Taking a partition, without one of its steps."""

from typing import Any

import pytest

from agents.recovery import behind, rows
from agents.recovery.behind import published_positions
from agents.recovery.ranges import Ranges
from agents.recovery.rows import Rows
from agents.recovery.take import Recovery
from agents.redis.publisher import Claimed
from agents.session import Session
from agents.transport.changelog import Changelog
from schemas.journal import Events


def claim_record(patch: pytest.MonkeyPatch) -> None:
    """1: the epoch is only read off the end of the changelog."""

    async def claim(self: Changelog, partition: int, _: str) -> int:
        return max(0, await self.end(partition) - 1)

    patch.setattr(Changelog, "claim", claim)


def older_epochs_refused(patch: pytest.MonkeyPatch) -> None:
    """3: the later record wins, whoever wrote it."""

    def latest(value: bytes) -> tuple[int, bytes]:
        return 1 << 60, value[8:]

    patch.setattr(rows, "epoch_and_body", latest)


def refused_rows_written_again(patch: pytest.MonkeyPatch) -> None:
    """3: what a zombie overwrote stays overwritten, until compaction removes the good row."""
    real = Rows.finish

    def finish(self: Rows) -> None:
        self._refused.clear()
        real(self)

    patch.setattr(Rows, "finish", finish)


def signs_of_a_loss(patch: pytest.MonkeyPatch) -> None:
    """4: nothing is compared; any one sign alone is covered by the others."""
    patch.setattr(behind, "BEHIND", {})


def another_server(patch: pytest.MonkeyPatch) -> None:
    """4: after a failover all is well as long as positions look right."""
    restarted = "Redis is another server than before (restart or failover)"
    others = {why: holds for why, holds in behind.BEHIND.items() if why != restarted}
    assert len(others) == len(behind.BEHIND) - 1
    patch.setattr(behind, "BEHIND", others)


def replayed(patch: pytest.MonkeyPatch) -> None:
    """5: the state stays at the checkpoint."""

    async def replay(
        _: Recovery, session: Session, __: Rows, claimed: Claimed, ___: object
    ) -> None:
        session.positions = published_positions(claimed, recovery_topics(session))

    patch.setattr(Recovery, "_replay", replay)


def replayed_in_journal_order(patch: pytest.MonkeyPatch) -> None:
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


def replayed_rows_dirty(patch: pytest.MonkeyPatch) -> None:
    """5: what the replay changed is not written by the next checkpoint."""
    real = Recovery._replay

    async def replay(self: Recovery, session: Session, rows: Rows, *more: Any) -> None:
        before = [user for user, _ in session.state.take_dirty()]
        await real(self, session, rows, *more)
        session.state.take_dirty()
        for user in before:
            session.state.mark_dirty(user)

    patch.setattr(Recovery, "_replay", replay)


def started_at_published_positions(patch: pytest.MonkeyPatch) -> None:
    """6: the consumer starts where the checkpoint is."""
    real = Recovery._replay

    async def replay(self: Recovery, session: Session, rows: Rows, *more: Any) -> None:
        await real(self, session, rows, *more)
        assert rows.checkpoint is not None
        session.positions = rows.checkpoint.positions

    patch.setattr(Recovery, "_replay", replay)


def communities_counted_once(patch: pytest.MonkeyPatch) -> None:
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


def recovery_topics(session: Session) -> Any:
    """Full names by topic index."""
    return session.state._topics
