"""Taking a partition: the steps of PROTOCOL.md, in its order and under its names.

Runs before the first block of a partition, in a task of its own: heartbeats go on meanwhile.
docs/reliability.md lists every step with the test that leaves it out.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import uuid4

from agents.adopting import Adopting, is_adoption
from agents.applying import replay
from agents.checkpoint import Checkpointer
from agents.errors import WrongUse
from agents.redis.publisher import Claimed, Publisher
from agents.session import Lost, Session
from agents.transport.changelog import Changelog, Unknown
from agents.transport.merge import Merge, Positions
from agents.transport.sources import Sources
from schemas.decode import Decoder
from schemas.journal import Entry, Events, decode_entry
from schemas.records import (
    CHECKPOINT_KEY,
    CLAIM_KEY,
    LAYOUT_KEYS,
    Checkpoint,
    decode_checkpoint,
    epoch_and_body,
    full_value,
)
from streams.communities import Counts, add
from streams.compiler.layout import Described, decode_layout, fingerprint
from streams.engine import Engine, LayoutChanged, Partition

NEW_RUN_JUMP = 1_000_000  # CONTRACT 5: so that a waiting reader sees it
_USERS_A_CALL = 200
_PROGRESS_S = 5.0

log = logging.getLogger(__name__)

Load = Callable[[str, bytes | None], None]
"""Takes in a row by its key."""


class Recovery:
    """Makes sessions. `topics`: full names by topic index; `worker`: our name in claim records."""

    def __init__(
        self,
        engine: Engine,
        decoder: Decoder,
        publisher: Publisher,
        changelog: Changelog,
        sources: Sources,
        checkpointer: Checkpointer,
        topics: Sequence[str],
        worker: str,
        progress: Callable[[int, float], None],
    ) -> None:
        self._progress = progress  # told how much of a partition's changelog is read, 0 to 1
        self._engine, self._decoder, self._publisher = engine, decoder, publisher
        self._changelog, self._sources, self._checkpointer = changelog, sources, checkpointer
        self._topics, self._worker = topics, worker
        self._adopting = Adopting(engine, publisher, changelog, checkpointer)

    async def take(self, partition: int, wanted: Callable[[], bool]) -> Session:
        """Claims and restores a partition; raises Lost if it is not ours or no longer wanted."""
        # Taking a partition 1: the claim record; its offset is our epoch
        epoch = await self._changelog.claim(partition, self._worker)
        # 2: the epoch in Redis; meta and journal of that very moment
        claimed = await self._publisher.claim(partition, epoch, wanted)
        # 3: the changelog, up to our own claim record
        rows = Rows(self._engine.partition(partition, self._topics), epoch)
        await self._read(partition, rows, wanted)
        session = _session(partition, rows, claimed, len(self._topics), wanted)
        await self._adopting.describe(session, rows.layouts)
        # 4: is Redis behind? Then a new run
        behind = why_behind(rows.checkpoint, claimed, self._topics)
        if behind is None:
            # 5: what was published after the checkpoint is computed again
            await self._replay(session, rows, claimed, wanted)
            if is_adoption(session.state, rows.checkpoint, claimed.journal):
                await self._adopting.publish(session, rows.checkpoint, wanted)
        else:
            log.warning("partition %d: new run, because %s", partition, behind)
            if is_adoption(session.state, rows.checkpoint, ()):
                await self._adopting.keep(session, rows.checkpoint, wanted)
            await self._new_run(session, rows, claimed)
        if not wanted():
            raise Lost("revoked while restoring")
        return session  # 6: the caller starts the consumer at session.positions

    async def still_ours(self, session: Session, wanted: Callable[[], bool]) -> bool:
        """Whether a partition kept over a rebalance is exactly as its last done block left it."""
        session.live, session.wanted = True, wanted
        try:
            await self._publisher.check(session)
            if await self._changelog.end(session.partition) == session.changelog_end:
                session.live = wanted()
                return session.live
        except (Lost, Unknown):
            pass
        session.live = False
        return False

    async def _read(self, partition: int, rows: "Rows", wanted: Callable[[], bool]) -> None:
        """Taking a partition 3: no end offset is asked for, so none can be raced."""
        begun = told = time.monotonic()
        self._progress(partition, 0.0)
        async for records in self._changelog.read(partition, rows.epoch, wanted):
            rows.add(records)
            share = records[-1].offset / max(1, rows.epoch)
            self._progress(partition, share)
            if time.monotonic() - told > _PROGRESS_S:
                told = time.monotonic()
                log.info("partition %d: %.0f %% of the changelog read", partition, 100 * share)
        if not wanted():
            raise Lost("revoked while restoring")
        try:
            rows.finish()
        except LayoutChanged as reason:
            raise WrongUse(
                f"{self._changelog.topic} was written under another catalogue ({reason}): start "
                "once with that catalogue, then change it; or with a new TAGSTREAM_APP_ID, which "
                "reads all events anew"
            ) from None
        self._progress(partition, 1.0)
        taken = time.monotonic() - begun
        log.info(
            "partition %d: %d users from %d records in %.1f s",
            partition,
            rows.state.users,
            rows.read,
            taken,
        )

    async def _replay(
        self, session: Session, rows: "Rows", claimed: Claimed, wanted: Callable[[], bool]
    ) -> None:
        """Taking a partition 5: what was published after the checkpoint is computed again.

        Without publishing. The rows that it changes are dirty: the next checkpoint writes them.
        """
        assert rows.checkpoint is not None
        published = _published(claimed, self._topics)
        entries = [e for e in map(decode_entry, claimed.journal) if e.n > rows.checkpoint.calls]
        records = await self._sources.read(
            session.partition, rows.checkpoint.positions, published, wanted
        )
        if not wanted():
            raise Lost("revoked while restoring")
        ranges = Ranges(records)
        for entry in entries:
            for applied in entry.e:
                replay(session.state, applied, ranges.merged, self._decoder)
        session.state.take_counts()  # they were published with the effects
        session.positions = published

    async def _new_run(self, session: Session, rows: "Rows", claimed: Claimed) -> None:
        """Redis is behind the state: its hashes are written anew, and a jump in seq says so."""
        state = session.state
        state.clock = max([state.clock, *state.user_clocks()])
        base, alert_base = _new_numbers(rows.checkpoint, claimed)
        session.run, session.seq, session.alert_seq = uuid4().hex, base, alert_base
        # A new run 1: run, building, the jump; no journal, no hashes
        await self._publisher.begin_run(session, max(1, base))
        if "seq" in claimed.meta:  # also if only `run` is gone: so a rebuild is asked for
            await self._publisher.clear_users(session)
        # 2: the users, in batches
        users, counts = iter(state.user_ids()), Counts()
        while batch := list(islice(users, _USERS_A_CALL)):
            add(counts, state.counts_of(batch))
            await self._publisher.put_users(session, [(u, state.snapshot(u)) for u in batch])
        await self._publisher.put_communities(session, counts)
        # 3: positions, clock, server; building is over
        await self._publisher.end_run(session)
        # 4: a checkpoint, before the first block
        await self._checkpointer.checkpoint(session)


class Records:
    """What a changelog says, read in order: the good rows, the last checkpoint, refused keys.

    Taking a partition 3: a record whose epoch is below one seen earlier is refused; within an
    epoch the later record wins. `load` is given each good row, None where there is none any more.
    """

    def __init__(self, load: Load, epoch: int) -> None:
        self.epoch, self._load = epoch, load
        self.checkpoint: Checkpoint | None = None
        self.read = 0
        self.layouts: dict[int, Described] = {}
        self._fence = -1  # the highest epoch seen so far
        self._refused: set[bytes] = set()

    def add(self, records: Iterable[Any]) -> None:
        """Takes records in the order of the log."""
        load, fence = self._load, self._fence
        for record in records:
            self.read += 1
            key = record.key
            if key == CLAIM_KEY:
                fence = max(fence, record.offset)
                continue
            epoch, body = epoch_and_body(full_value(record.value, record.headers))
            if key.startswith(LAYOUT_KEYS):  # good whoever wrote it
                self.layouts[fingerprint(body)] = decode_layout(body)
                continue
            if epoch < fence:
                self._refused.add(key)
                continue
            fence = epoch
            if key == CHECKPOINT_KEY:
                self.checkpoint = decode_checkpoint(body)
            else:
                load(key.decode(), body or None)
        self._fence = fence

    @property
    def refused(self) -> set[bytes]:
        """Rows that a zombie overwrote: they are to be written again."""
        return self._refused - {CHECKPOINT_KEY}


class Rows(Records):
    """The changelog of users. `only`: rows of other users are judged, but not kept."""

    def __init__(self, state: Partition, epoch: int, only: str | None = None) -> None:
        super().__init__(state.load if only is None else _load_only(state, only), epoch)
        self.state = state

    def finish(self) -> None:
        """Builds the deadline index; rows that a zombie overwrote are to be written again."""
        self.state.loaded(self.layouts)
        for key in self.refused:
            self.state.mark_dirty(key.decode())
        if self.checkpoint is not None:
            self.state.clock = self.checkpoint.clock
            self.state.ticked = self.checkpoint.ticked
            self.state.origins.update(self.checkpoint.origins)
            self.state.predecessors.count_since(self.checkpoint.counted_since)


def _load_only(state: Partition, only: str) -> Load:
    """Load the rows of one user and no others, and all erasures."""

    def load(user: str, row: bytes | None) -> None:
        if user == only or user < " ":
            state.load(user, row)

    return load


class Ranges:
    """Records read for a replay, handed out by the ranges of journal entries."""

    def __init__(self, records: Sequence[Sequence[Any]]) -> None:
        self._records = records
        self._next = [0] * len(records)

    def merged(self, events: Events) -> tuple[list[Any], list[int]]:
        """The records of an entry in merge order, and the topic index of each."""
        merge: Merge[Any] = Merge(tuple(until for _, until in events.ranges))
        for index, (_, until) in enumerate(events.ranges):
            feed, found = merge.feeds[index], self._records[index]
            first = at = self._next[index]
            while at < len(found) and found[at].offset < until:
                at += 1
            feed.records, feed.ended, self._next[index] = list(found[first:at]), True, at
        return merge.take(sum(len(feed.records) for feed in merge.feeds))


def why_behind(
    checkpoint: Checkpoint | None, claimed: Claimed, topics: Sequence[str]
) -> str | None:
    """Taking a partition 4: why our state cannot continue from this Redis; None if it can."""
    if checkpoint is None:
        return "the changelog has no checkpoint yet"
    published = _published(claimed, topics)
    return next(
        (why for why, holds in BEHIND.items() if holds(checkpoint, claimed, published)), None
    )


def _calls(claimed: Claimed) -> int:
    return int(claimed.meta.get("calls", "0"))


def _has_journal_gap(checkpoint: Checkpoint, claimed: Claimed, _: Positions) -> bool:
    """Whether the journal does not tell every call after the checkpoint's."""
    if not claimed.journal:
        return _calls(claimed) != checkpoint.calls
    first: Entry = decode_entry(claimed.journal[0])
    last: Entry = decode_entry(claimed.journal[-1])
    numbers = last.n - first.n + 1
    return (
        first.n > checkpoint.calls + 1
        or last.n != _calls(claimed)
        or numbers != len(claimed.journal)
    )


BEHIND: Mapping[str, Callable[[Checkpoint, Claimed, Positions], bool]] = {
    "Redis shows another run, or none": lambda ours, redis, _: redis.meta.get("run") != ours.run,
    "a new run was not finished": lambda _, redis, __: "building" in redis.meta,
    "Redis is another server than before (restart or failover)": lambda _, redis, __: (
        redis.meta.get("server") != redis.server
    ),
    "Redis has lost calls that the checkpoint covers": lambda ours, redis, _: (
        _calls(redis) < ours.calls
    ),
    "Redis is at positions before the checkpoint's": lambda ours, _, published: any(
        there < here for there, here in zip(published, ours.positions, strict=True)
    ),
    "the journal has a gap": _has_journal_gap,
}
"""Each sign that Redis is behind the state; the arguments are the checkpoint, what the claim
found, and the positions published."""


def _session(
    partition: int, rows: Rows, claimed: Claimed, topics: int, wanted: Callable[[], bool]
) -> Session:
    """The session as the checkpoint and Redis tell; positions are those of the checkpoint."""
    meta, checkpoint = claimed.meta, rows.checkpoint
    return Session(
        partition=partition,
        state=rows.state,
        epoch=rows.epoch,
        run=meta.get("run", ""),
        server=claimed.server,
        calls=int(meta.get("calls", "0")),
        seq=int(meta.get("seq", "0")),
        alert_seq=int(meta.get("alert_seq", "0")),
        positions=checkpoint.positions if checkpoint else (0,) * topics,
        changelog_end=rows.epoch + 1,
        wanted=wanted,
    )


def _published(claimed: Claimed, topics: Sequence[str]) -> Positions:
    return tuple(int(claimed.meta.get(f"pos:{topic}", "0")) for topic in topics)


def _new_numbers(checkpoint: Checkpoint | None, claimed: Claimed) -> tuple[int, int]:
    """The seq and alert_seq that a new run begins with: far above all that were given out."""
    seq = max(int(claimed.meta.get("seq", "0")), checkpoint.seq if checkpoint else 0)
    alert_seq = max(
        int(claimed.meta.get("alert_seq", "0")), checkpoint.alert_seq if checkpoint else 0
    )
    first = checkpoint is None and not seq and not alert_seq
    return (0, 0) if first else (seq + NEW_RUN_JUMP, alert_seq + NEW_RUN_JUMP)
