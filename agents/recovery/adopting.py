"""A partition under a changed catalogue: tags decided anew, differences published, rows rewritten.

Part of taking a partition, after the replay and before the first block. What readers see in
Redis is compared with what the rules give now, so it does not matter how far a worker came
that did this before and died, nor under which catalogue calls of the journal were made
(docs/decisions/0008). In slices: heartbeats go on, and only one slice is ever decoded.
"""

import logging
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import islice

from agents.applying import MAX_CHANGES
from agents.checkpoint import Checkpointer
from agents.redis.owned import Owned
from agents.redis.publisher import Publisher
from agents.session import Call, Lost, Session
from agents.transport.changelog import Changelog, ForeignWrite
from schemas.changes import TagChange, TagValue
from schemas.journal import Adopted, decode_entry
from schemas.records import Checkpoint, layout_key, with_epoch
from streams.communities import Counts, add
from streams.engine import Effects, Engine, Partition

_USERS_A_SLICE = 200  # some ms of deciding

Shown = Mapping[str, tuple[TagValue, int]]

log = logging.getLogger(__name__)


def is_adoption(state: Partition, checkpoint: Checkpoint | None, journal: Sequence[bytes]) -> bool:
    """Whether another catalogue than ours decided any of what we found.

    Beyond the last checkpoint only adoptions are made by another catalogue than that
    checkpoint's, because an adoption ends with a checkpoint before the first block.
    """
    if checkpoint is None:
        return bool(state.predecessors.layouts)
    if checkpoint.layout != state.layout or state.predecessors.layouts:
        return True
    entries = (decode_entry(entry) for entry in journal)
    return any(
        isinstance(e, Adopted) for entry in entries if entry.n > checkpoint.calls for e in entry.e
    )


class Adopting:
    """Brings partitions under the catalogue of `engine`."""

    def __init__(
        self,
        engine: Engine,
        publisher: Publisher,
        owned: Owned,
        changelog: Changelog,
        checkpointer: Checkpointer[Session],
    ) -> None:
        self._engine, self._publisher, self._owned = engine, publisher, owned
        self._changelog, self._checkpointer = changelog, checkpointer

    async def describe(self, session: Session, known: Container[int]) -> None:
        """Before the first row of a layout stands what it means."""
        if self._engine.layout not in known:
            record = with_epoch(session.epoch, self._engine.description)
            await self._append(session, [(layout_key(self._engine.layout), record)])

    async def publish(
        self, session: Session, checkpoint: Checkpoint | None, wanted: Callable[[], bool]
    ) -> None:
        """Publishes what differs from Redis, with cause `catalogue`; ends with a checkpoint."""
        state, changes, counts = session.state, 0, Counts()
        self._begin(session, checkpoint)
        for users in _slices(state.all_users(), _USERS_A_SLICE):
            if not wanted():
                raise Lost("revoked while the catalogue was adopted")
            shown, out = await self._owned.users(session, users), Effects()
            for user, tags in zip(users, shown, strict=True):
                state.adopt(user, tags, out)
            add(counts, state.counts_of(users))
            await self._publish(session, out.changes)
            await self._write_rows(session)
            changes += len(out.changes)
        await self._count_anew(session, counts)
        await self._checkpointer.checkpoint(session)
        log.info("partition %d: the catalogue changed %d tags", session.partition, changes)

    async def keep(
        self, session: Session, checkpoint: Checkpoint | None, wanted: Callable[[], bool]
    ) -> None:
        """Decides tags anew before a new run, whose hashes need no changes to become these."""
        state = session.state
        state.clock = max([state.clock, *state.user_clocks()])
        self._begin(session, checkpoint)
        for users in _slices(state.all_users(), _USERS_A_SLICE):
            if not wanted():
                raise Lost("revoked while the catalogue was adopted")
            for user in users:
                state.adopt(user, None, Effects())
            await self._write_rows(session)
        state.take_counts()  # the new run counts everybody

    async def _count_anew(self, session: Session, counts: Counts) -> None:
        """Makes the counts of communities those of the state, as the tags were made."""
        session.state.take_counts()
        add(counts, await self._owned.communities(session), times=-1)
        if any(counts.values()):
            entries, at = [Adopted(self._engine.layout)], session.state.clock
            await self._publisher.publish(
                session, Call(list(entries), [], [], session.positions, at, counts)
            )

    def _begin(self, session: Session, checkpoint: Checkpoint | None) -> None:
        log.warning(
            "partition %d: the catalogue changed (%s before, %s now): deciding all tags anew",
            session.partition,
            checkpoint.catalogue if checkpoint else "unknown",
            self._engine.catalogue.id,
        )
        state = session.state
        state.predecessors.begin(checkpoint.layout if checkpoint else 0, state.clock)

    async def _publish(self, session: Session, changes: list[TagChange]) -> None:
        """Always, with changes or without: rows of our layout must not come before an entry."""
        for first in range(0, max(1, len(changes)), MAX_CHANGES):
            part = changes[first : first + MAX_CHANGES]
            entries, at = [Adopted(self._engine.layout)], session.state.clock
            await self._publisher.publish(
                session, Call(list(entries), part, [], session.positions, at)
            )

    async def _write_rows(self, session: Session) -> None:
        rows = session.state.take_dirty()
        records = [(user.encode(), with_epoch(session.epoch, row)) for user, row in rows]
        await self._append(session, records)

    async def _append(self, session: Session, records: list[tuple[bytes, bytes]]) -> None:
        try:
            session.changelog_end = await self._changelog.append(
                session.partition, records, session.changelog_end
            )
        except ForeignWrite as reason:  # somebody took the partition after us
            raise Lost(str(reason)) from reason


def _slices(users: Sequence[str], size: int) -> Iterator[list[str]]:
    every = iter(users)
    while some := list(islice(every, size)):
        yield some
