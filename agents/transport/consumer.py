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

import faust
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, TransportT
from faust.types.tuples import ConsumerMessage
from mode import Service

from agents.transport.block import Block, Owner
from agents.transport.client_thread import ConsumerThread
from agents.transport.handout import Handout
from agents.transport.log_ends import LOOK_S, LogEnds
from agents.transport.merge import Feed, Positions

_WAIT_S = 0.1  # for records, when nothing is at hand
_COMMIT_S = 10.0


log = logging.getLogger(__name__)


class BlockConsumer(driver.Consumer):
    """Consumer whose messages carry a `Block`; see `BlockApp` for what it asks of the app."""

    app: "BlockApp"
    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._handouts: dict[int, Handout] = {}
        # handed out of each partition: Faust drops a number below the last, and books a gap
        self._blocks: Counter[int] = Counter()
        self._log_ends = LogEnds(self._thread)

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

    def handed_out(self) -> int:
        """How many partitions, of all topics, are being handed out."""
        return len(self._handouts) * len(self.app.block_topics)

    def lag(self) -> dict[TP, int]:
        """Records that are in the log and not yet handed out."""
        return self._log_ends.lag(self._handed())

    def _handed(self) -> dict[TP, int]:
        """Next offset to hand out, of each topic of the partitions that have an owner."""
        return {
            tp: feed.handed
            for h in self._handouts.values()
            for tp, feed in zip(h.tps, h.merge.feeds, strict=True)
        }

    @Service.task
    async def _keep_ends_known(self) -> None:
        """A task of its own: nothing is fetched while the partitions wait for something."""
        while not self.should_stop:
            if self.flow_active:
                handed = self._handed()
                await self._log_ends.look(handed, self._thread.assigned() - handed.keys())
            await self.sleep(LOOK_S)

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
            await self._learn_ends(hungry)
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
        return min(timeout, _WAIT_S)

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
            _note_gap(tp, feed.position, first)
            feed.hole = None
            return True
        feed.hole = first
        with suppress(IllegalStateError):  # revoked meanwhile: no longer ours to read
            await self._thread.call_thread(cast("Any", self._thread.seek), tp, feed.position)
        return False

    async def _learn_ends(self, tps: Iterable[TP]) -> None:
        """Notes which topics are read to their end, and as of when."""
        for tp, (position, end, polled_ms) in self._thread.ends(tps).items():
            handout = self._handouts.get(tp.partition)
            if handout is None or end is None or polled_ms is None:
                continue
            feed = handout.merge.feeds[self.app.block_topics.index(tp.topic)]
            feed.polled_ms = self.app.polled(polled_ms) or feed.polled_ms
            feed.ended = position >= end and await self._is_all_there(tp, feed, position)

    async def _is_all_there(self, tp: TP, feed: Feed[Any], position: int) -> bool:
        """Whether nothing is missing between what came and where the client is.

        What is: transaction markers at the end of the log, or records that went to who had the
        partition before, while it was assigned anew.
        """
        if position < feed.position:  # sought back, and not there again yet
            return False
        if position > feed.position and not await self._continues(tp, feed, position):
            return False
        feed.position = position
        return feed.hole is None

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


def _note_gap(tp: TP, after: int, first: int) -> None:
    """Offsets that the broker does not have: compaction, transaction markers, retention."""
    if first - after > 1:  # one is the marker of a transaction
        log.warning(
            "%s, partition %d: nobody has the offsets %d to %d: retention has deleted them "
            "before they were read, or their transactions were broken off",
            *tp,
            after,
            first - 1,
        )


class BlockTransport(driver.Transport):
    """Faust's transport with our consumer."""

    Consumer = BlockConsumer


class BlockApp(faust.App):
    """A Faust app on the block transport."""

    block_topics: tuple[str, ...] = ()  # full names, by topic index
    wall_clock = True
    fetch_wait_ms = 250  # how old our knowledge of a topic's end may get
    give_up: Callable[[], Awaitable[None]]  # when partitions are lost, and no block is in hand
    polled: Callable[[int], int | None]  # when it was that the host's clock (ms) said so

    def _new_transport(self) -> TransportT:
        return BlockTransport(self.conf.broker_consumer, self)
