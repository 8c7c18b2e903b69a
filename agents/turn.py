"""A block's turn in its session: one after the other, only of a live one, and never half."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from agents.session import Lost
from agents.transport.block import Block, Owner


class Session(Owner, Protocol):
    """Who owns the partition. `between_blocks` is held while a block is under way."""

    between_blocks: asyncio.Lock


S = TypeVar("S", bound=Session)


class LostBlock(Exception):  # noqa: N818 - named by what happened
    """A block was skipped or done twice: a bug of ours; going on would lose or repeat records."""


async def take_turn(
    block: Block[S],
    process: Callable[[Block[S]], Awaitable[None]],
    on_lost: Callable[[S, Lost], None],
) -> None:
    """Process a block of a live session; a block of an old one is ignored.

    `on_lost` is told when `process` raises Lost; whatever else it raises goes on. Both end the
    session. Raises LostBlock if the block does not continue the last one.
    """
    session = block.owner
    async with session.between_blocks:
        if not session.live:
            return
        if session.positions != block.after:
            raise LostBlock(f"{session.partition}: {block.after} after {session.positions}")
        try:
            await process(block)
        except Lost as reason:
            session.live = False
            on_lost(session, reason)
        except BaseException:
            session.live = False  # half a block is in its rows: no checkpoint may have them
            raise
