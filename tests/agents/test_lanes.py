"""Which blocks wait for which."""

import asyncio
from dataclasses import dataclass

import pytest

from agents.lanes import Lanes
from agents.transport.block import Block


@dataclass
class Owner:
    """Whoever has a partition."""

    partition: int
    live: bool = True
    positions: tuple[int, ...] = ()
    slices: int = 0

    @property
    def due(self) -> bool:
        """Whether slices are left to do."""
        return self.slices > 0


def block(partition: int) -> Block[Owner]:
    return Block(Owner(partition), (), (), topics=(0,))


class Work:
    """Processes a block when it is let; writes down what began and what ended."""

    def __init__(self) -> None:
        self.begun: list[Block[Owner]] = []
        self.failures: list[Exception] = []
        self._gates: dict[int, asyncio.Event] = {}
        self.lanes = Lanes(self.process, self.fail)

    async def process(self, block: Block[Owner]) -> None:
        self.begun.append(block)
        if not block.topics:  # a slice
            block.owner.slices -= 1
            await asyncio.sleep(0)
            return
        await self._gates.setdefault(id(block), asyncio.Event()).wait()
        if not block.owner.live:
            raise ValueError("broken")

    async def fail(self, reason: Exception) -> None:
        self.failures.append(reason)

    async def let(self, block: Block[Owner]) -> None:
        self._gates.setdefault(id(block), asyncio.Event()).set()
        await settled()


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_blocks_of_a_partition_go_one_after_the_other() -> None:
    work = Work()
    first, second = block(0), block(0)
    await work.lanes.put(first)
    await work.lanes.put(second)
    await settled()
    assert work.begun == [first]
    await work.let(first)
    assert work.begun == [first, second]
    await work.let(second)


async def test_a_partition_waits_for_no_other() -> None:
    """Not even behind a block that waits for its own partition."""
    work = Work()
    slow, behind, other = block(0), block(0), block(1)
    for one in (slow, behind, other):
        await asyncio.wait_for(work.lanes.put(one), 1)
    await settled()
    assert work.begun == [slow, other]
    for one in (slow, behind, other):
        await work.let(one)
    assert len(work.begun) == 3


async def test_who_is_far_behind_holds_up_the_queue() -> None:
    """Else it would grow without end."""
    work = Work()
    blocks = [block(0) for _ in range(4)]
    for one in blocks[:3]:
        await work.lanes.put(one)
    fourth = asyncio.create_task(work.lanes.put(blocks[3]))
    await settled()
    assert not fourth.done()
    await work.let(blocks[0])
    assert fourth.done()
    for one in blocks[1:]:
        await work.let(one)
    assert work.begun == blocks


async def test_a_failure_is_told() -> None:
    work = Work()
    broken = block(0)
    broken.owner.live = False
    await work.lanes.put(broken)
    await settled()
    await work.let(broken)
    with pytest.raises(ValueError, match="broken"):
        raise work.failures[0]


async def test_who_is_due_is_settled_behind_a_block_until_another_comes() -> None:
    """At least one slice behind each, so that a busy partition comes to its end too."""
    work = Work()
    first = block(0)
    first.owner.slices = 6
    second = Block(first.owner, (), (), topics=(0,))
    await work.lanes.put(first)
    await work.let(first)
    assert first.owner.slices == 0
    first.owner.slices = 6
    third = Block(first.owner, (), (), topics=(0,))
    await work.lanes.put(second)
    await work.lanes.put(third)
    await settled()
    await work.let(second)
    assert first.owner.slices == 5
    assert work.begun[-1] is third
    await work.let(third)
    assert first.owner.slices == 0
