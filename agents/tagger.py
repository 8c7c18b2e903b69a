"""The agent: a block comes in; decode, decide, publish, done. A checkpoint follows by itself.

What a block does to the state is `applying.py`, what follows in its own time `checkpoint.py`.
"""

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter

from agents.applying import Applied, Applying
from agents.errors import Problem
from agents.metrics import Metrics
from agents.outgoing import Outgoing
from agents.redis.publisher import Publisher
from agents.session import RECENT, Call, Lost, Session
from agents.tracing.traces import UNTRACED, BlockTrace, Traces
from agents.transport.block import Block
from agents.turn import take_turn
from schemas.decode import Decoder
from schemas.topics import TOPICS
from streams.effects import Asked

log = logging.getLogger(__name__)

_TAG, _CAUSE = attrgetter("tag"), attrgetter("cause")  # C code: one pass over a block's changes
Ask = Callable[[Session, Sequence[Asked]], Awaitable[None]]
"""Sends what a block asks the agent that is keyed by content; raises Lost."""


class TooManyRejects(Problem):
    """So many events are rejected that the fault is likely in the feed or in us."""


class Tagger:
    """Processes blocks. `on_lost` is told of each partition whose session ended."""

    def __init__(
        self,
        decoder: Decoder,
        publisher: Publisher,
        outgoing: Outgoing,
        metrics: Metrics,
        partitions: int,
        max_reject_ratio: float,
        on_lost: Callable[[Session, Lost], None],
        ask: Ask | None = None,
        traces: Traces = UNTRACED,
    ) -> None:
        self._decoder, self._publisher, self._outgoing = decoder, publisher, outgoing
        self._metrics, self._partitions = metrics, partitions
        self._max_ratio, self._on_lost, self._ask = max_reject_ratio, on_lost, ask
        self._traces = traces

    async def process(self, block: Block[Session]) -> None:
        """Applies and publishes a block of a live session; a block of an old one is ignored."""
        await take_turn(block, self._process, self._on_lost)

    async def _process(self, block: Block[Session]) -> None:
        with self._traces.block(block) as trace:
            await self._publish(block.owner, block, trace)

    async def _publish(self, session: Session, block: Block[Session], trace: BlockTrace) -> None:
        """A block: 1 apply, 2 records for elsewhere, 3 publish always, 4 done."""
        begun = time.perf_counter()
        applied = self._apply(session, block)
        computed = time.perf_counter()
        trace.computed(applied)
        if applied.rejects or applied.forwards:
            await self._outgoing.send(session, applied.rejects, applied.forwards)
        if applied.asked and self._ask is not None:
            await self._ask(session, applied.asked)
        for call in applied.calls:
            await self._publisher.publish(session, call)
            session.positions = call.positions
        session.positions = block.positions  # done
        published = time.perf_counter()
        self._metrics.block.labels("compute").observe(computed - begun)
        self._metrics.block.labels("publish").observe(published - computed)
        self._count(session, block, applied)
        self._limit_rejects(session, applied)

    def _apply(self, session: Session, block: Block[Session]) -> Applied:
        state = session.state
        applying = Applying(
            state,
            session.partition,
            self._partitions,
            self._decoder,
            block.after,
            sliced=block.sliced,
        )
        applying.records(block.records, block.topics)  # first: they do not wait for who is due
        if block.tick is not None:
            applying.tick(block.tick)
        if not block.records:  # events are published before anybody else is settled
            applying.slice()
        return applying.finish(block.positions)

    def _count(self, session: Session, block: Block[Session], applied: Applied) -> None:
        metrics = self._metrics
        for (topic, outcome), number in applied.outcomes.items():
            metrics.events.labels(topic, outcome).inc(number)
        for late_ms in applied.late_ms:
            metrics.late.observe(late_ms / 1000)
        for reject in applied.rejects:
            metrics.dlq.labels(TOPICS[reject.topic], reject.fault.reason).inc()
        self._count_effects(applied.calls)
        if block.records:
            now_ms, records = time.time() * 1000, block.records
            for record in (records[0], records[len(records) // 2], records[-1]):
                metrics.visible.observe(max(0.0, (now_ms - record.timestamp) / 1000))
        label = str(session.partition)
        metrics.clock.labels(label).set(session.state.clock / 1000)
        metrics.users.labels(label).set(session.state.users)

    def _count_effects(self, calls: Sequence[Call]) -> None:
        changes = [change for call in calls for change in call.changes]
        kinds = zip(map(_TAG, changes), map(type, map(_CAUSE, changes)), strict=True)
        for (tag, cause), number in Counter(kinds).items():
            self._metrics.changed(tag, cause, number)
        for call in calls:
            for alert in call.alerts:
                self._metrics.alerts.labels(alert.detector, alert.severity).inc()

    def _limit_rejects(self, session: Session, applied: Applied) -> None:
        """Stops the worker rather than emptying a broken upstream into the dead letters."""
        session.recent.add(applied.outcomes.total(), len(applied.rejects))
        if session.recent.rejected > self._max_ratio * RECENT:
            raise TooManyRejects(
                f"partition {session.partition}: {session.recent.rejected} of its last {RECENT} "
                f"events were rejected, above TAGSTREAM_DLQ_MAX_RATIO={self._max_ratio}; "
                "the dead-letter topics say why. Mend the source, or raise the limit, and restart"
            )
