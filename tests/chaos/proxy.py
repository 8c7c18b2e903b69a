"""A road to Redis that the harness owns: slow, one-way, cut, or leading to another server.

Workers and readers connect here, so a failover changes the server behind an address as a
service or a virtual address does, and a call can take effect without its answer coming back.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

_CHUNK = 1 << 16


class Proxy:
    """Forwards connections to `target`, a port of this machine. Attributes may be set at any time.

    `delay_s`: each request waits so long on its way. `mute`: requests arrive, answers are lost.
    """

    def __init__(self, target: int) -> None:
        self.target, self.delay_s, self.mute = target, 0.0, False
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """What workers are told."""
        return f"redis://127.0.0.1:{self.port}/0"

    def cut(self) -> None:
        """End all connections, as a server or a router that dies."""
        self._call(self._close_all)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._call(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, what: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(what)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        assert self._server is not None
        self._server.close()
        self._close_all()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _close_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, near: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self._writers.add(client)
        with suppress(OSError, asyncio.CancelledError):  # asyncio complains of what is cancelled
            far, server = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers.add(server)
            await self._forward(near, client, far, server)
            self._drop(server)
        self._drop(client)

    async def _forward(
        self,
        near: asyncio.StreamReader,
        client: asyncio.StreamWriter,
        far: asyncio.StreamReader,
        server: asyncio.StreamWriter,
    ) -> None:
        """Both ways, until one side is closed."""
        ways = {
            asyncio.create_task(self._requests(near, server)),
            asyncio.create_task(self._answers(far, client)),
        }
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    async def _requests(self, near: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        while chunk := await near.read(_CHUNK):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            server.write(chunk)
            await server.drain()

    async def _answers(self, far: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while chunk := await far.read(_CHUNK):
            if not self.mute:
                client.write(chunk)
                await client.drain()

    def _drop(self, *writers: asyncio.StreamWriter) -> None:
        for writer in writers:
            self._writers.discard(writer)
            writer.transport.abort()
