"""Which blocks wait for which."""

import asyncio
from dataclasses import dataclass

import pytest

from agents.lanes import SLICES_S, Lanes
from agents.transport.block import Block
from tests.agents.protocol import virtual


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
        self.slice_s = 0.0  # that a slice takes
        self._gates: dict[int, asyncio.Event] = {}
        self.lanes = Lanes(self.process, self.fail)

    async def process(self, block: Block[Owner]) -> None:
        self.begun.append(block)
        if not block.topics:  # a slice
            block.owner.slices -= 1
            await asyncio.sleep(self.slice_s)
            return
        await self.gate(block).wait()
        if not block.owner.live:
            raise ValueError("broken")

    async def fail(self, reason: Exception) -> None:
        self.failures.append(reason)

    async def let(self, block: Block[Owner]) -> None:
        self.gate(block).set()
        await settled()

    def gate(self, block: Block[Owner]) -> asyncio.Event:
        """Opens for a block when it is let."""
        return self._gates.setdefault(id(block), asyncio.Event())


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


async def before(work: Work, block: Block[Owner]) -> float:
    """How long the block waits, from now on, in virtual time."""
    loop = asyncio.get_running_loop()
    came = loop.time()
    await work.lanes.put(block)
    while work.begun[-1] is not block:  # noqa: ASYNC110 - to see when
        await asyncio.sleep(0.0001)
    return loop.time() - came


def test_who_is_due_is_settled_behind_a_block_at_a_pace_until_another_comes() -> None:
    """A storm leaves room for events; one that comes between two slices does not wait."""
    work, first = Work(), block(0)
    second = Block(first.owner, (), (), topics=(0,))
    first.owner.slices = 100

    async def main() -> float:
        await work.lanes.put(first)
        await work.let(first)
        await asyncio.sleep(50.5 / SLICES_S)
        assert first.owner.slices == 100 - 51
        return await before(work, second)

    assert virtual.run(main()) < 0.001
    assert first.owner.slices == 100 - 51


def test_a_block_waits_for_one_slice_also_where_the_pace_cannot_be_kept() -> None:
    """Then there is never a moment between two, and events would wait for the whole storm."""
    work, first = Work(), block(0)
    second = Block(first.owner, (), (), topics=(0,))
    first.owner.slices, work.slice_s = 100, 3 / SLICES_S

    async def main() -> float:
        await work.lanes.put(first)
        await work.let(first)
        await asyncio.sleep(50.5 * work.slice_s)
        return await before(work, second)

    assert virtual.run(main()) < work.slice_s
    assert first.owner.slices == 100 - 51


def test_slices_of_all_partitions_keep_the_pace_and_come_to_their_end_beside_busy_blocks() -> None:
    """A partition for which always a block waits has its slices when it is their time."""
    work, owners = Work(), [Owner(p, slices=50) for p in range(2)]

    async def busy(owner: Owner) -> None:
        for _ in range(3_000):
            one = Block(owner, (), (), topics=(0,))
            await work.lanes.put(one)
            work.gate(one).set()
            await asyncio.sleep(0.0001)

    async def main() -> float:
        begun = asyncio.get_running_loop().time()
        tasks = [asyncio.create_task(busy(owner)) for owner in owners]
        while any(owner.slices for owner in owners):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.0001)
        took = asyncio.get_running_loop().time() - begun
        await asyncio.gather(*tasks)
        return took

    assert 99 / SLICES_S <= virtual.run(main()) < 120 / SLICES_S
