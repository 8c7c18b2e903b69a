"""Blocks of one partition one after the other, those of different partitions side by side.

Faust's agent has one queue, so blocks come here in their order. A block begins when the one
before it in its partition is done; while it waits for Redis, those of other partitions go on.
Users who are due are settled in slices, at a pace: a storm of them is to leave Kafka's client,
Redis and its readers room for the events that come meanwhile (docs/decisions/0017).
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from agents.applying import SLICE_USERS
from agents.transport.block import Block, Owner

Process = Callable[[Block[Any]], Awaitable[None]]

SLICES_S = 22_000 / SLICE_USERS  # a second at most, of all partitions together
_WAITING = 2  # blocks of a partition behind the one under way; a third holds up the queue


class Lanes:
    """At most one block a partition is under way. `on_failure` is told what `process` raises."""

    def __init__(
        self, process: Process, on_failure: Callable[[Exception], Awaitable[None]]
    ) -> None:
        self._process, self._on_failure = process, on_failure
        self._lanes: defaultdict[int, deque[asyncio.Task[None]]] = defaultdict(deque)
        self._came: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self._turns: dict[int, float] = {}  # when the next slice of a partition may begin
        self._free_at = 0.0  # the first turn that no partition has

    async def put(self, block: Block[Any]) -> None:
        """Begins a block as soon as its partition is free; waits only if too many wait."""
        lane = self._lanes[block.owner.partition]
        while lane and (lane[0].done() or len(lane) > _WAITING):
            await lane[0]
            lane.popleft()
        before = lane[-1] if lane else None
        lane.append(asyncio.create_task(self._run(block, before), name="block"))
        self._came[block.owner.partition].set()

    async def _run(self, block: Block[Any], before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        try:
            await self._process(block)
            await self._slices(block.owner)
        except Exception as reason:  # noqa: BLE001 - whatever it is, going on would skip a block
            await self._on_failure(reason)

    async def _slices(self, owner: Owner) -> None:
        """Each is a block without records, for it is applied and published like one.

        A block waits for one at most; who always has blocks has a slice behind each, in its turn.
        """
        while owner.live and owner.due and await self._turn(owner.partition):
            await self._process(Block(owner, owner.positions, owner.positions))
            if self._waits(owner.partition):
                return

    async def _turn(self, partition: int) -> bool:
        """Waits for the partition's turn; False if a block came first, whose task has it then."""
        now = asyncio.get_running_loop().time
        if partition not in self._turns:
            self._turns[partition] = max(now(), self._free_at)
            self._free_at = self._turns[partition] + 1 / SLICES_S
        if (early := self._turns[partition] - now()) > 0:
            if not self._waits(partition):
                await self._sleep(partition, early)
            if self._waits(partition):
                return False
        del self._turns[partition]
        return True

    async def _sleep(self, partition: int, seconds: float) -> None:
        """So long, or until a block comes."""
        self._came[partition].clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._came[partition].wait()

    def _waits(self, partition: int) -> bool:
        """Whether there is a block behind the one of this task."""
        return self._lanes[partition][-1] is not asyncio.current_task()
