"""uvicorn as we run it: on a socket of ours, by our signals, and without waiting for ever."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from agents.errors import WrongSetting
from agents.settings_values import split_address
from agents.web.limits import CONNECTIONS, HEAD_S, KEEP_ALIVE_S, STOP_S


def bound(address: str) -> socket.socket:
    """Return a socket at TAGSTREAM_HTTP. Raises WrongSetting if it cannot be had."""
    host, port = split_address(address)
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise WrongSetting(
            f"TAGSTREAM_HTTP={address} cannot be used ({error.strerror}); "
            "choose another port, or 0 for a free one"
        ) from None
    return listening


def url_of(listening: socket.socket) -> str:
    """Return the URL that leads to a bound socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """Serves until `should_exit`; leaves signals to who runs it."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                loop="none",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=CONNECTIONS,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=STOP_S,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn: it would end the process by the signal again."""
        yield


class Connection(HttpToolsProtocol):
    """A connection that is closed if the head of a request does not come."""

    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """See asyncio."""
        super().connection_made(transport)
        self._head = self.loop.call_later(HEAD_S, transport.close)

    def on_headers_complete(self) -> None:
        """See httptools: the head is here."""
        self._no_hurry()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._no_hurry()
        super().connection_lost(exc)

    def _no_hurry(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None
