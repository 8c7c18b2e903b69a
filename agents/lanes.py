"""Blocks of one partition one after the other, those of different partitions side by side.

Faust's agent has one queue, so blocks come here in their order. A block begins when the one
before it in its partition is done; while it waits for Redis, those of other partitions go on.
Users who are due are settled in slices, at a pace: a storm of them is to leave Kafka's client,
Redis and its readers room for the events that come meanwhile (docs/decisions/0017).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from agents.applying import SLICE_USERS
from agents.transport.block import Block, Owner

Process = Callable[[Block[Any]], Awaitable[None]]

SLICES_S = 23_000 / SLICE_USERS  # a second at most, of all partitions together
_WAITING = 2  # blocks of a partition behind the one under way; a third holds up the queue


class Lanes:
    """At most one block a partition is under way. `on_failure` is told what `process` raises."""

    def __init__(
        self, process: Process, on_failure: Callable[[Exception], Awaitable[None]]
    ) -> None:
        self._process, self._on_failure = process, on_failure
        self._lanes: dict[int, deque[asyncio.Task[None]]] = {}
        self._free_at = 0.0  # when the next slice may begin, of whichever partition

    async def put(self, block: Block[Any]) -> None:
        """Begins a block as soon as its partition is free; waits only if too many wait."""
        lane = self._lanes.setdefault(block.owner.partition, deque())
        while lane and (lane[0].done() or len(lane) > _WAITING):
            await lane[0]
            lane.popleft()
        before = lane[-1] if lane else None
        lane.append(asyncio.create_task(self._run(block, before), name="block"))

    async def _run(self, block: Block[Any], before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        try:
            await self._process(block)
            await self._slices(block.owner)
        except Exception as reason:  # noqa: BLE001 - whatever it is, going on would skip a block
            await self._on_failure(reason)

    async def _slices(self, owner: Owner) -> None:
        """Each is a block without records, for it is applied and published like one."""
        while owner.live and owner.due:
            now = asyncio.get_running_loop().time()
            begins = max(now, self._free_at)
            if begins > now and self._waits(owner):
                return  # its own slices go on behind that one
            self._free_at = begins + 1 / SLICES_S
            await asyncio.sleep(begins - now)
            await self._process(Block(owner, owner.positions, owner.positions))

    def _waits(self, owner: Owner) -> bool:
        """Whether there is a block behind the one of this task."""
        return self._lanes[owner.partition][-1] is not asyncio.current_task()
