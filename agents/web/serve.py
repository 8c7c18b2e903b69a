"""The composition root of `tagstream serve`: settings in, HTTP out, until it is told to stop."""

import asyncio
import gc
import logging
import signal
import socket

import uvloop

from agents.catalogue_file import require_catalogue
from agents.errors import Unreachable
from agents.logs import set_up_logs
from agents.names import Names
from agents.redis.client import TagClient
from agents.redis.connection import reaching_redis
from agents.settings import Settings
from agents.stopping import cancel_until_done
from agents.web.app import build
from agents.web.event_stream import Streams
from agents.web.live import Live
from agents.web.server import Server, bound, url_of
from streams.catalogue.model import Catalogue

_GC_THRESHOLD = 50_000  # the match index has no cycles, so looking for some only costs time

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C. Raises Problem."""
    settings.require_http_token()
    set_up_logs(settings)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # we say ourselves what matters
    catalogue = require_catalogue(settings.catalogue)
    with bound(settings.http) as listening:
        uvloop.run(_serve(settings, catalogue, listening))
    return 0


async def _serve(settings: Settings, catalogue: Catalogue, listening: socket.socket) -> None:
    async with TagClient.of(settings) as client:
        await _greet(settings, client)
        live, streams = Live(client, catalogue, Names.of(settings).inputs), Streams()
        token = settings.http_token.get_secret_value() if settings.http_token else None
        server = Server(build(client, live, catalogue, streams, token))

        def stop() -> None:
            server.should_exit = streams.stopping = True

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        living = loop.create_task(live.run(), name="live")
        living.add_done_callback(lambda _: stop())
        gc.set_threshold(_GC_THRESHOLD, 20, 50)
        gc.freeze()
        log.info("serving at %s", url_of(listening))
        try:
            await server.serve([listening])
        finally:
            await cancel_until_done([living])
    log.info("stopped")
    if not living.cancelled():
        living.result()  # raises what ended it


async def _greet(settings: Settings, client: TagClient) -> None:
    """Say at once if Redis is not there; a refused login ends the program."""
    try:
        with reaching_redis(settings):
            await client.redis()
    except Unreachable as away:
        log.warning("%s; waiting for it", away)
