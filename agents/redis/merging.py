"""Several endless streams as one, in the order in which their items come."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from agents.stopping import cancel_until_done

T = TypeVar("T")
_AHEAD = 1000  # items read ahead of a slow consumer


@dataclass(frozen=True, slots=True)
class _Failed:
    error: Exception


async def merged(
    streams: Sequence[AsyncIterator[T]], reading: "set[asyncio.Task[None]]"
) -> AsyncIterator[T]:
    """Yield from all; the first error of any ends all.

    `reading` has the tasks that read while it runs: a consumer that is dropped half way leaves
    them behind until the loop gets round to it.
    """
    if len(streams) == 1:
        async for item in streams[0]:
            yield item
    queue: asyncio.Queue[T | _Failed] = asyncio.Queue(_AHEAD)
    pumps = [asyncio.create_task(_pump(stream, queue)) for stream in streams]
    reading.update(pumps)
    try:
        while True:
            found = await queue.get()
            if isinstance(found, _Failed):
                raise found.error
            yield found
    finally:
        await cancel_until_done(pumps)
        reading.difference_update(pumps)


async def _pump(stream: AsyncIterator[T], queue: "asyncio.Queue[T | _Failed]") -> None:
    try:
        async for item in stream:
            await queue.put(item)
    except Exception as error:  # noqa: BLE001 - whatever it is, the reader is to get it
        await queue.put(_Failed(error))
