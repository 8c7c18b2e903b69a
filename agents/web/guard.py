"""Around every request: who may ask, what every answer says, what is counted."""

import hmac
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agents.settings_values import is_loopback
from agents.web.metrics import HttpMetrics
from agents.web.problems import Refused

_HEADERS = (
    (b"cache-control", b"no-store"),  # tags are somebody's affairs, and old tags are wrong tags
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_GUARDED = ("/v1/", "/metrics")


class Guard:
    """Around the whole application.

    With a token, whoever wants data has to show it. Without one we serve this machine alone, and
    only under its own name: else any web page could have its visitor's browser ask us, under a
    name that it lets point here (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, token: str | None, metrics: HttpMetrics) -> None:
        self._app, self._metrics = app, metrics
        self._wanted = f"Bearer {token}".encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], *_HEADERS]}
            await send(message)

        try:
            refused = self._why_refused(scope)
            await (refused.response() if refused else self._app)(scope, receive, sending)
        finally:
            stream = bool(getattr(scope.get("endpoint"), "is_stream", False))
            took = None if stream else perf_counter() - began
            self._metrics.answered(_name(scope), status, took)

    def _why_refused(self, scope: Scope) -> Refused | None:
        headers = dict(scope["headers"])
        if self._wanted is None:
            host = headers.get(b"host", b"").decode("latin-1")
            return None if _is_here(host) else _stranger(host)
        if not scope["path"].startswith(_GUARDED):
            return None
        if hmac.compare_digest(headers.get(b"authorization", b""), self._wanted):
            return None
        challenge = {"WWW-Authenticate": 'Bearer realm="tagstream"'}
        return Refused(
            401, "send the header Authorization: Bearer <TAGSTREAM_HTTP_TOKEN>", challenge
        )


def _is_here(host: str) -> bool:
    """Whether a Host header names this machine as its own programs do.

    >>> [_is_here(host) for host in ("localhost", "127.0.0.1:8080", "[::1]:80", "evil.example")]
    [True, True, True, False]
    """
    name = host if host.endswith("]") or ":" not in host else host.rpartition(":")[0]
    return is_loopback(f"{name}:0")


def _stranger(host: str) -> Refused:
    return Refused(
        403,
        f"without a token only this machine is served, under the name localhost, not {host!r}: "
        "set TAGSTREAM_HTTP_TOKEN to serve others, or a proxy",
    )


def _name(scope: Scope) -> str:
    """Return the route, as a label: never what a client made up."""
    route = scope.get("route")
    return str(getattr(route, "path_format", None) or "other")
