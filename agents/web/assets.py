"""The files of the page, read once: HTML, style sheet, modules. They need nothing else."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FOLDER = Path(__file__).parent / "page"
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}


def asset_routes() -> Iterator[Route]:
    """Yield a route for each file; that of `index.html` is `/`."""
    for file in sorted(_FOLDER.iterdir()):
        path = "/" if file.name == "index.html" else f"/page/{file.name}"
        yield Route(path, _sender(file.read_bytes(), _TYPES[file.suffix]))


def _sender(content: bytes, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def send(_: Request) -> Response:
        return Response(content, headers=_POLICY, media_type=kind)

    return send
