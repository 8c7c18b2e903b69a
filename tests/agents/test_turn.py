"""Which blocks are processed, and what ends a session."""

import asyncio
from dataclasses import dataclass, field

import pytest

from agents.session import Lost
from agents.transport.block import Block
from agents.turn import LostBlock, take_turn


@dataclass
class Owner:
    """Whoever has a partition."""

    live: bool = True
    partition: int = 0
    positions: tuple[int, ...] = (7,)
    due: bool = False
    between_blocks: asyncio.Lock = field(default_factory=asyncio.Lock)


async def turn(owner: Owner, after: int, error: BaseException | None = None) -> list[str]:
    """Take a turn with a block from `after` on; what was called."""
    called = list[str]()

    async def process(_: Block[Owner]) -> None:
        assert owner.between_blocks.locked()
        called.append("processed")
        if error is not None:
            raise error

    await take_turn(Block(owner, (after,), (9,)), process, lambda *_: called.append("lost"))
    return called


async def test_a_block_of_a_live_session_is_processed_and_of_an_old_one_ignored() -> None:
    assert await turn(Owner(), 7) == ["processed"]
    assert await turn(Owner(live=False), 7) == []
    assert await turn(Owner(live=False), 8) == []


@pytest.mark.parametrize("after", [6, 8])
async def test_a_block_that_does_not_continue_the_last_one_is_a_fault_of_ours(after: int) -> None:
    """Going on would repeat or lose records."""
    with pytest.raises(LostBlock):
        await turn(Owner(), after)


async def test_a_session_that_is_lost_in_a_block_ends_and_is_told() -> None:
    owner = Owner()
    assert await turn(owner, 7, Lost("fenced")) == ["processed", "lost"]
    assert not owner.live


@pytest.mark.parametrize("error", [ValueError("x"), asyncio.CancelledError()])
async def test_whatever_else_breaks_a_block_off_ends_its_session_and_goes_on(
    error: BaseException,
) -> None:
    """Half a block is in its rows."""
    owner = Owner()
    with pytest.raises(type(error)):
        await turn(owner, 7, error)
    assert not owner.live
