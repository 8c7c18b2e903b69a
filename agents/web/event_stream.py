"""Server-sent events: sends what a source yields until the reader goes or the server stops.

A source yields pieces of the stream, as bytes. What is ready goes out as one piece. A reader that
is slow makes the source wait; one that falls behind so far that the stream was trimmed is told.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

from starlette.types import Receive, Scope, Send

from agents.redis.server import AWAY
from agents.stopping import cancel_until_done
from agents.web.limits import HEARTBEAT_S, STREAMS
from agents.web.problems import away

log = logging.getLogger(__name__)
_AHEAD = 1_000  # pieces ready for a slow reader
_LOOK_S = 0.5  # whether the server stops
_HEARTBEAT = b":\n\n"
_HEAD = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"x-accel-buffering", b"no"),  # nginx would keep it back
    ],
}


class Streams:
    """All streams of a server: how many there are, and that they end when it stops."""

    def __init__(self) -> None:
        self.count, self.stopping = 0, False

    def stream(self, source: AsyncIterator[bytes]) -> "EventStream":
        """Return a response that sends this. Refused (503) if there are too many."""
        if self.count >= STREAMS:
            raise away(f"{STREAMS} streams are open, which is all that there may be: come later")
        return EventStream(source, self)


class EventStream:
    """One stream, as a response for Starlette."""

    def __init__(self, source: AsyncIterator[bytes], streams: Streams) -> None:
        self._source, self._streams = source, streams
        self._ready: asyncio.Queue[bytes] = asyncio.Queue(_AHEAD)
        self._sent_at = asyncio.get_running_loop().time()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the end."""
        del scope
        self._streams.count += 1
        reading = asyncio.create_task(self._read())
        watching = asyncio.create_task(_until_gone(receive))
        try:
            await send(_HEAD)
            while not (reading.done() or watching.done() or self._streams.stopping):
                if piece := await self._next():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._streams.count -= 1
            await cancel_until_done((reading, watching))

    async def _read(self) -> None:
        try:
            async with aclosing(self._source) as source:  # type: ignore[type-var] # a generator
                async for piece in source:
                    await self._ready.put(piece)
        except AWAY as error:
            log.warning("a stream ended before it began: %s", error)
        except Exception:
            log.exception("a stream ended: its reader will come back")

    async def _next(self) -> bytes:
        """Return what is ready; nothing after a short while, for others to be looked at."""
        pieces = list[bytes]()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                pieces.append(await self._ready.get())
        while not self._ready.empty():
            pieces.append(self._ready.get_nowait())
        now = asyncio.get_running_loop().time()
        if pieces or now - self._sent_at >= HEARTBEAT_S:
            self._sent_at = now
            return b"".join(pieces) or _HEARTBEAT
        return b""


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def event(data: bytes, name: str | None = None, event_id: str | None = None) -> bytes:
    r"""Return one event; `data` is JSON, which has no line breaks of its own.

    >>> event(b"{}", "gap", "x")
    b'id: x\nevent: gap\ndata: {}\n\n'
    """
    marked = f"id: {event_id}\n" if event_id is not None else ""
    named = f"event: {name}\n" if name else ""
    return f"{marked}{named}".encode() + b"data: " + data + b"\n\n"


def beginning(event_id: str) -> bytes:
    """Return what a stream begins with: come back after a second, to where you are now."""
    return f"retry: 1000\nid: {event_id}\n\n".encode()
