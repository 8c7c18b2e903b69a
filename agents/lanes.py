"""Blocks of one partition one after the other, those of different partitions side by side.

Faust's agent has one queue, so blocks come here in their order. A block begins when the one
before it in its partition is done; while it waits for Redis, the next partition's is computed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from agents.transport.block import Block

Process = Callable[[Block[Any]], Awaitable[None]]


class Lanes:
    """At most one block a partition is under way. `on_failure` is told what `process` raises."""

    def __init__(
        self, process: Process, on_failure: Callable[[Exception], Awaitable[None]]
    ) -> None:
        self._process, self._on_failure = process, on_failure
        self._under_way: dict[int, asyncio.Task[None]] = {}

    async def put(self, block: Block[Any]) -> None:
        """Begins a block as soon as its partition is free."""
        partition = block.owner.partition
        before = self._under_way.get(partition)
        if before is not None:
            await before
        self._under_way[partition] = asyncio.create_task(self._run(block), name="block")

    async def _run(self, block: Block[Any]) -> None:
        try:
            await self._process(block)
        except Exception as reason:  # noqa: BLE001 - whatever it is, going on would skip a block
            await self._on_failure(reason)
