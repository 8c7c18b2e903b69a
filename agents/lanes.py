"""Blocks of one partition one after the other, those of different partitions side by side.

Faust's agent has one queue, so blocks come here in their order. A block begins when the one
before it in its partition is done; while it waits for Redis, those of other partitions go on.
Users who are due are settled in slices: one behind each block, and more while no block waits.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from agents.transport.block import Block, Owner

Process = Callable[[Block[Any]], Awaitable[None]]

_WAITING = 2  # blocks of a partition behind the one under way; a third holds up the queue


class Lanes:
    """At most one block a partition is under way. `on_failure` is told what `process` raises."""

    def __init__(
        self, process: Process, on_failure: Callable[[Exception], Awaitable[None]]
    ) -> None:
        self._process, self._on_failure = process, on_failure
        self._lanes: dict[int, deque[asyncio.Task[None]]] = {}

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
        lane = self._lanes[owner.partition]
        while owner.live and owner.due:
            await self._process(Block(owner, owner.positions, owner.positions))
            if lane[-1] is not asyncio.current_task():
                return
