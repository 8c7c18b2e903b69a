"""The HTTP server inside a test's own event loop, on a port of its own."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from agents.catalogue_file import require_catalogue
from agents.redis.client import TagClient
from agents.settings import PACKAGED_CATALOGUE
from agents.stopping import cancel_until_done
from agents.web.app import build
from agents.web.event_stream import Streams
from agents.web.live import Live
from agents.web.server import Server, bound, url_of

CATALOGUE = require_catalogue(PACKAGED_CATALOGUE)
TOPICS = ("interactions", "transactions", "profiles")


@dataclass
class Serving:
    """A running server; `http` asks it."""

    url: str
    http: httpx.AsyncClient
    live: Live
    streams: Streams

    async def until_ready(self, users: int = 0) -> None:
        """Wait until it knows all users, who are so many at least."""
        async with asyncio.timeout(30):
            while self.live.matcher.index.users < users:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
            while (await self.http.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - a probe
                await asyncio.sleep(0.05)


@asynccontextmanager
async def serving(
    redis: str, prefix: str = "tagstream", token: str | None = None
) -> AsyncIterator[Serving]:
    """Serve what is in this Redis."""
    async with TagClient(redis, prefix=prefix) as client:
        live, streams = Live(client, CATALOGUE, TOPICS), Streams()
        server = Server(build(client, live, CATALOGUE, streams, token))
        with bound("127.0.0.1:0") as listening:
            url = url_of(listening)
            running = asyncio.create_task(server.serve([listening]))
            living = asyncio.create_task(live.run())
            while not server.started:  # noqa: ASYNC110 - it has no event for this
                await asyncio.sleep(0.001)
            async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as http:
                yield Serving(url, http, live, streams)
            server.should_exit = streams.stopping = True
            await running
            await cancel_until_done([living])


async def events(
    http: httpx.AsyncClient, path: str, last_id: str | None = None
) -> AsyncGenerator[dict[str, str]]:
    """Yield what a stream sends, block by block, as its fields."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with http.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        block = dict[str, str]()
        async for line in answer.aiter_lines():
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                block[name] = value
            elif block:
                yield block
                block = {}
