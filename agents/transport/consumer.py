"""Faust's consumer, but it hands out blocks and commits only what a checkpoint covers.

Faust keeps membership, heartbeats and the flow around a rebalance. Ours are: which partitions
are handed out (only those with an owner, so after their restore), in which order (the merge),
and what is committed (nothing by Faust's own arithmetic).
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, cast

import aiokafka
import faust
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, TransportT
from faust.types.tuples import ConsumerMessage

from agents.transport.block import Block, Owner
from agents.transport.merge import Feed, Merge, Positions
from agents.transport.unwrapped import unwrap

MAX_RECORDS = 2_000  # of a block: bounds latency, and the pause of a rebalance
LAPSE_S = 0.25  # longest time without a block for a partition that is caught up
_BEHIND_WALL_MS = 1_000  # CONTRACT 4: the wall clock less a second
_WAIT_S = 0.1  # for records, when nothing is at hand
_WAIT_SLICE_S = 0.002  # while slices are worked off
_PRESENT_MS = 10_000  # records so fresh wait for no storm; behind them, order comes first
_COMMIT_S = 10.0
_PREFETCH_BACKOFF_S = 0.05  # see docs/decisions/0007: too short, and idle topics hold up busy ones


log = logging.getLogger(__name__)


class Handout:
    """A partition that is being handed out: its owner, its topics, its last lapse."""

    def __init__(self, owner: Owner, topics: tuple[str, ...], positions: Positions) -> None:
        self.owner = owner
        self.tps = tuple(TP(topic, owner.partition) for topic in topics)
        self.merge: Merge[Any] = Merge(positions)
        self.lapsed_at = 0.0
        self._handed = owner.done  # blocks, those of owners before included

    def hungry(self) -> Iterable[TP]:
        """Topics of which less than a block is at hand."""
        return (
            tp
            for tp, feed in zip(self.tps, self.merge.feeds, strict=True)
            if len(feed.records) < MAX_RECORDS
        )

    def block(self, now: float, *, wall_clock: bool) -> Block[Owner] | None:
        """The next block; a lapse if there are no records and one is due; else None."""
        after = self.merge.positions
        records, topics = self.merge.take(MAX_RECORDS)
        tick = self._tick(now) if wall_clock and self._may_tick(now) else None
        if not records and tick is None and not self._wants_slice():
            return None
        self._handed += 1
        sliced = wall_clock and bool(records) and self._is_present(records[-1].timestamp)
        return Block(self.owner, after, self.merge.positions, records, topics, tick, sliced)

    def _wants_slice(self) -> bool:
        """None behind another block: records that come meanwhile would have to wait for it."""
        return self.owner.due and self._handed <= self.owner.done

    def _is_present(self, arrived: int) -> bool:
        """Whether a record came only now; not by `caught_up`, which a busy worker rarely is."""
        polled = min(feed.polled_ms for feed in self.merge.feeds)
        return 0 < polled <= arrived + _PRESENT_MS

    def _may_tick(self, now: float) -> bool:
        return self.merge.caught_up and now - self.lapsed_at >= LAPSE_S

    def _tick(self, now: float) -> int:
        """A second before the last moment at which all topics were known to be read."""
        self.lapsed_at = now
        return min(feed.polled_ms for feed in self.merge.feeds) - _BEHIND_WALL_MS


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread of the Kafka client, with two of its hidden settings changed."""

    async def on_start(self) -> None:
        """Starts the client."""
        await super().on_start()
        self._ensure_consumer()._fetcher._prefetch_backoff = _PREFETCH_BACKOFF_S  # noqa: SLF001 - not a setting

    def _create_consumer(self, loop: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_consumer(loop)
        wait_ms = cast("BlockApp", self.app).fetch_wait_ms
        consumer._fetch_max_wait_ms = wait_ms  # noqa: SLF001 - Faust fixes it at 1.5 s
        return consumer

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - as Faust names it
        max_records: int | None = None,
    ) -> Any:
        unwrap(consumer._fetcher)  # noqa: SLF001 - as Faust takes it
        return await super()._fetch_records(consumer, active_partitions, timeout, max_records)

    def ends(self, tps: Iterable[TP]) -> dict[TP, tuple[int, int | None, int | None]]:
        """Position, end of the log and time (ms) of the last fetch response of each."""
        assignment = self._ensure_consumer()._subscription.subscription.assignment  # noqa: SLF001 - one look for all three
        states = {tp: assignment.state_value(tp) for tp in tps if tp in assignment.tps}
        return {
            tp: (s.position, s.highwater, s.timestamp)
            for tp, s in states.items()
            if s.has_valid_position
        }


class BlockConsumer(driver.Consumer):
    """Consumer whose messages carry a `Block`; see `BlockApp` for what it asks of the app."""

    gaps = 0  # offsets the broker does not have: compaction, transaction markers, retention
    app: "BlockApp"
    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._handouts: dict[int, Handout] = {}
        # handed out of each partition: Faust drops a number below the last, and books a gap
        self._blocks: Counter[int] = Counter()

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # -- who gets blocks

    async def hand_out(self, owner: Owner) -> None:
        """Begin to hand out a partition's records from its owner's positions."""
        handout = Handout(owner, self.app.block_topics, owner.positions)
        await self._thread.call_thread(self._seek_all, handout)
        if owner.live:  # else given up while seeking
            self._handouts[owner.partition] = handout

    def withhold(self, partition: int) -> None:
        """Hand out nothing more of a partition."""
        self._handouts.pop(partition, None)

    def lag(self) -> dict[TP, int]:
        """Records that are in the log and not yet handed out."""
        if not self._handouts:
            return {}
        known = self._thread.ends(tp for h in self._handouts.values() for tp in h.tps)
        return {
            tp: max(0, known[tp][1] - feed.handed)  # type: ignore[operator] # None is left out below
            for h in self._handouts.values()
            for tp, feed in zip(h.tps, h.merge.feeds, strict=True)
            if tp in known and known[tp][1] is not None
        }

    async def _seek_all(self, handout: Handout) -> None:
        kafka = self._thread._ensure_consumer()  # noqa: SLF001 - Faust gives no other way
        feeds = {
            TopicPartition(*tp): feed
            for tp, feed in zip(handout.tps, handout.merge.feeds, strict=True)
        }
        for tp, feed in feeds.items():
            if feed.position:
                kafka.seek(tp, feed.position)
        # the client takes a seek to 0 for "out of range" once retention has begun; all at once,
        # for each question waits behind a fetch that is under way
        if fresh := [tp for tp, feed in feeds.items() if not feed.position]:
            await kafka.seek_to_beginning(*fresh)
        for tp in fresh:
            feeds[tp].position = await kafka.position(tp)

    # -- fetching

    async def getmany(  # Faust calls it in a loop
        self,
        timeout: float,  # noqa: ASYNC109 - as Faust names it
    ) -> AsyncIterator[tuple[TP, Any]]:
        """One message a block."""
        if not self.flow_active:
            await self.wait(cast("Any", self.can_resume_flow))
        handouts, active = self._handouts, set(self._active_partitions)
        hungry = {tp for h in handouts.values() for tp in h.hungry()} & active
        if not hungry or self.should_stop:
            await self.sleep(0.01)  # Faust's own consumer naps for a second
        else:
            for tp, records in (await self._getmany(hungry, self._patience(timeout))).items():
                await self._offer(tp, records)
            self._learn_ends(hungry)
        for handout in list(handouts.values()):
            block = handout.block(time.monotonic(), wall_clock=self.app.wall_clock)
            if block is not None and self._is_current(handout):
                self._blocks[handout.owner.partition] += 1
                yield handout.tps[0], self._carrier(handout, block)

    def _patience(self, timeout: float) -> float:
        """How long to wait for records: not at all while some are at hand."""
        handouts = self._handouts.values()
        if any(feed.records for handout in handouts for feed in handout.merge.feeds):
            return 0.0
        due = any(handout.owner.due for handout in handouts)
        return min(timeout, _WAIT_SLICE_S if due else _WAIT_S)

    def _is_current(self, handout: Handout) -> bool:
        return self.flow_active and self._handouts.get(handout.owner.partition) is handout

    async def _offer(self, tp: TP, fetched: list[Any]) -> None:
        handout = self._handouts.get(tp.partition)
        if handout is None or not fetched:
            return
        feed = handout.merge.feeds[self.app.block_topics.index(tp.topic)]
        records = fetched
        if fetched[0].offset < feed.position:
            records = [r for r in fetched if r.offset >= feed.position]
        if records and await self._continues(tp, feed, records[0].offset):
            feed.records += records
            feed.position = records[-1].offset + 1

    async def _continues(self, tp: TP, feed: Feed[Any], first: int) -> bool:
        """True if `first` may follow; else rewinds once, to tell a gap from a loss."""
        if first in {feed.position, feed.hole}:
            self.gaps += first - feed.position
            feed.hole = None
            return True
        feed.hole = first
        with suppress(IllegalStateError):  # revoked meanwhile: no longer ours to read
            await self._thread.call_thread(cast("Any", self._thread.seek), tp, feed.position)
        return False

    def _learn_ends(self, tps: Iterable[TP]) -> None:
        """Notes which topics are read to their end, and as of when."""
        for tp, (position, end, polled_ms) in self._thread.ends(tps).items():
            handout = self._handouts.get(tp.partition)
            if handout is None or end is None or polled_ms is None:
                continue
            feed = handout.merge.feeds[self.app.block_topics.index(tp.topic)]
            feed.ended = position >= end and feed.hole is None
            feed.polled_ms = self.app.polled(polled_ms) or feed.polled_ms
            if feed.ended:
                feed.position = position  # beyond transaction markers at the end of the log

    def _carrier(self, handout: Handout, block: Block[Owner]) -> Any:
        tp, new = handout.tps[0], cast("Any", ConsumerMessage)
        origin = (tp.topic, tp.partition, self._blocks[tp.partition], 0.0, 0)
        generation = self.app.consumer_generation_id
        return new(*origin, (), None, block, None, 0, 0, tp, generation_id=generation)

    # -- giving up and committing

    async def wait_empty(self) -> None:
        """Wait for the blocks in hand, then for a last checkpoint."""
        self._clean_unacked_messages()
        while self._unacked_messages and not self.should_stop:
            await self._wait_for_ack(timeout=1)
            self._clean_unacked_messages()
        await self.app.give_up()
        self._handouts.clear()

    async def commit_positions(self, partition: int, positions: Positions) -> bool:
        """Tells Kafka where we are; False if a rebalance has begun. For lag tools and retention."""
        topics = self.app.block_topics
        offsets = {
            TopicPartition(t, partition): at for t, at in zip(topics, positions, strict=True)
        }
        kafka = self._thread._ensure_consumer()  # noqa: SLF001 - Faust's own way ends the worker
        try:
            async with asyncio.timeout(_COMMIT_S):
                await self._thread.call_thread(kafka.commit, offsets)
        except (KafkaError, IllegalStateError, TimeoutError) as reason:
            log.info("positions of partition %d not committed: %r", partition, reason)
            return False
        return True

    async def _commit_tps(self, *_: Any, **__: Any) -> bool:
        for unused in (self._acked, self._acked_index, self._gap):
            cast("Any", unused).clear()  # Faust's own arithmetic: checkpoints commit, nobody else
        return False

    async def perform_seek(self) -> None:
        """Nothing: `hand_out` seeks, one partition at a time."""
        self._read_offset.clear()

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: Faust would complain of topics without a commit."""


class BlockTransport(driver.Transport):
    """Faust's transport with our consumer."""

    Consumer = BlockConsumer


class BlockApp(faust.App):
    """A Faust app on the block transport."""

    block_topics: tuple[str, ...] = ()  # full names, by topic index
    wall_clock = True
    fetch_wait_ms = 250  # how old our knowledge of a topic's end may get
    on_give_up: Callable[[], Awaitable[None]]
    polled: Callable[[int], int | None]  # when it was that the host's clock (ms) said so

    def _new_transport(self) -> TransportT:
        return BlockTransport(self.conf.broker_consumer, self)

    async def give_up(self) -> None:
        """Called when partitions are given up and no block is in hand."""
        await self.on_give_up()
