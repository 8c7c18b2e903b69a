"""One partition of Redis compared with the state in the changelog, while workers run.

1. If the catalogue has communities, their counts are read first, with the journal.
2. The changelog is read: the state of the last checkpoint, or of the last one before the counts.
3. The journal brings it to the counts, page by page; they are compared.
4. The users are compared; the stream of changes tells what happened to them since.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from agents.applying import replay
from agents.kafka_client import client_options, reaching
from agents.names import Names
from agents.recovery.ranges import Ranges
from agents.recovery.rows import Rows
from agents.redis.connection import connection_options, reaching_redis
from agents.redis.counted import FORBIDDEN, NEW_RUN, Counted, Torn, read_counted
from agents.redis.deployment import Deployment, find
from agents.redis.keys import Keys
from agents.redis.news import Position
from agents.redis.server import Server
from agents.redis.sweep import Interrupted
from agents.settings import Settings
from agents.stored import read_partition
from agents.transport.sources import Deleted, Sources
from agents.verifying.communities import compare_communities, why_not_replayable
from agents.verifying.users import Comparing
from agents.verifying.verdict import Limits, Verdict
from schemas.decode import Decoder
from schemas.journal import Adopted, Entry
from schemas.records import Checkpoint
from streams.engine import Engine
from streams.rulebook import Rulebook

_TRIES = 5
_PAUSE_S = 1.0  # before a partition that changed too much meanwhile is compared again

_NO_STATE = "there is no state yet: no worker has written a checkpoint"
WHY_NOT = {
    "new run": NEW_RUN,
    "lost": "Redis has lost changes that the state covers",
    "trimmed": "the change stream is too short to tell what changed since the last checkpoint",
    "interrupted": "Redis is another server than before",
}
"""Why users cannot be compared, for people; by the reason of an interruption."""

Progress = Callable[[float], None]


class NotNow(Exception):  # noqa: N818 - a state of the world, not our error
    """The partition cannot be compared as it is; in a moment it may be."""


async def verify(
    settings: Settings, engine: Engine, partition: int, limits: Limits, progress: Progress
) -> Verdict:
    """Compare one partition. `progress` is told the share that is done.

    Raises Unreachable; WrongUse if another catalogue than the engine's wrote the state.
    """
    async with _deployment(settings) as deployment:
        for attempt in range(_TRIES):
            verdict = Verdict(partition, limits.most)
            trial = Trial(settings, engine, deployment, verdict, limits.rate)
            try:
                await trial.run(progress)
            except NotNow as reason:
                verdict.why_not = str(reason)
                await asyncio.sleep(_PAUSE_S if attempt < _TRIES - 1 else 0)
            else:
                break
    return verdict


class Trial:
    """One attempt at a partition; what it finds goes into `verdict`."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        deployment: Deployment,
        verdict: Verdict,
        rate: float,
    ) -> None:
        self._settings, self._engine, self._deployment = settings, engine, deployment
        self._verdict, self._rate, self._partition = verdict, rate, verdict.partition
        self._keys = Keys(settings.prefix)

    async def run(self, progress: Progress) -> None:
        """Compare everything. Raises NotNow."""
        counted = await self._counted() if self._engine.program.counts is not None else None
        moment = (
            (counted.meta["run"], counted.pages[0].calls) if isinstance(counted, Counted) else None
        )
        rows = await read_partition(
            self._settings,
            self._engine,
            self._partition,
            lambda share: progress(share / 2),
            moment=moment,
        )
        if rows.checkpoint is None:
            self._verdict.why_not = _NO_STATE
            return
        position = Position(rows.checkpoint.run, rows.checkpoint.seq)
        if counted is not None:
            position = await self._compare_communities(rows, rows.checkpoint, counted)
        await self._compare_users(rows, position, lambda share: progress((1 + share) / 2))

    async def _counted(self) -> Counted | Torn:
        """Counts and journal, or why they do not fit: no state yet would be the better reason."""
        with reaching_redis(self._settings):
            server = await self._deployment.server(self._partition)
            assert isinstance(server, Server), "the only one that is not a test's"
            try:
                return await read_counted(server.redis, self._keys, self._partition)
            except Torn as reason:
                return reason

    async def _compare_communities(
        self, rows: Rows, checkpoint: Checkpoint, counted: Counted | Torn
    ) -> Position:
        """Return what the state is of afterwards."""
        reason = why_not_replayable(counted, checkpoint)
        if isinstance(counted, Torn) or reason is not None:
            if reason != FORBIDDEN:
                raise NotNow(reason)
            self._verdict.why_not = FORBIDDEN
            return Position(checkpoint.run, checkpoint.seq)
        ranges = await self._ranges(checkpoint, counted)
        decoder = Decoder(self._engine.catalogue.currency)

        def apply(entry: Entry) -> None:
            for applied in entry.e:
                if isinstance(applied, Adopted):
                    raise NotNow("a changed catalogue is being adopted")
                replay(rows.state, applied, ranges.merged, decoder)

        compare_communities(rows.state, checkpoint.calls, counted, apply, self._verdict)
        return Position(checkpoint.run, int(counted.meta["seq"]))

    async def _ranges(self, checkpoint: Checkpoint, counted: Counted) -> Ranges:
        """The events since the checkpoint, to apply them once more."""
        topics = Names.of(self._settings).topics
        until = tuple(int(counted.meta.get(f"pos:{topic}", "0")) for topic in topics)
        sources = Sources(topics, client_options(self._settings))
        with reaching(self._settings):
            try:
                return Ranges(
                    await sources.read(self._partition, checkpoint.positions, until, lambda: True)
                )
            except Deleted as reason:
                raise NotNow(str(reason)) from None

    async def _compare_users(self, rows: Rows, position: Position, progress: Progress) -> None:
        ours, layouts = self._engine.program.layout, rows.layouts
        earlier = [layout for number, layout in layouts.items() if number != ours.fingerprint]
        rules = Rulebook(self._engine.catalogue, ours.described, earlier)
        comparing = Comparing(rows.state, rules, self._keys, self._verdict, self._rate)
        with reaching_redis(self._settings):
            server = await self._deployment.server(self._partition)
            try:
                await comparing.run(server, position, progress)
            except Interrupted as reason:
                raise NotNow(WHY_NOT[reason.reason]) from None


@asynccontextmanager
async def _deployment(settings: Settings) -> AsyncIterator[Deployment]:
    with reaching_redis(settings):
        found = await find(settings.redis, Keys(settings.prefix), **connection_options(settings))
    try:
        yield found
    finally:
        await found.aclose()
