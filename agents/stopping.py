"""Ending tasks for sure: a cancellation may get lost on its way."""

import asyncio
from collections.abc import Iterable
from typing import Any

_AGAIN_S = 0.5


async def cancel_until_done(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels tasks and waits for their end, whatever it is.

    Again and again: a client that gives an answer up for a time limit and is cancelled at the
    same moment tells of the time-out alone (redis-py 8.1), and its caller would go on.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_AGAIN_S)
