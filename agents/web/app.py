"""The HTTP application: every route, and what guards them."""

from msgspec.json import encode
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from agents.redis.client import TagClient
from agents.web.api import Api
from agents.web.assets import asset_routes
from agents.web.endpoint import route
from agents.web.event_stream import Streams
from agents.web.guard import Guard
from agents.web.live import Live
from agents.web.metrics import HttpMetrics
from agents.web.openapi import openapi
from agents.web.operations import OPERATIONS
from agents.web.problems import Refused
from streams.catalogue.model import Catalogue
from tagstream import __version__


def build(
    client: TagClient, live: Live, catalogue: Catalogue, streams: Streams, token: str | None
) -> ASGIApp:
    """Put the application together. `live.run()` has to run beside it."""
    metrics = HttpMetrics(catalogue.id)
    document = encode(openapi(__version__, token=token is not None))
    api = Api(client, live, catalogue, streams)

    async def send_document(_: Request) -> Response:
        return Response(document, media_type="application/json")

    async def send_metrics(_: Request) -> Response:
        users = live.matcher.index.users
        page = metrics.page(streams=streams.count, users=users, behind=live.behind)
        return Response(page, headers={"Content-Type": CONTENT_TYPE_LATEST})

    routes = [
        *(route(operation, api) for operation in OPERATIONS),
        Route("/openapi.json", send_document),
        Route("/metrics", send_metrics),
        *asset_routes(),
    ]
    handlers = {HTTPException: _told, Exception: _our_fault}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), token, metrics)


async def _told(request: Request, error: Exception) -> Response:
    """Answer what no route takes."""
    assert isinstance(error, HTTPException)
    detail = {
        404: f"there is no {request.url.path}: /openapi.json tells what there is",
        405: f"{request.method} is not for {request.url.path}",
    }
    said = detail.get(error.status_code, error.detail)
    return Refused(error.status_code, said, error.headers).response()


async def _our_fault(_: Request, __: Exception) -> Response:
    """Answer a fault of ours; its traceback is in the log."""
    return Refused(500, "this is a fault of the server: its log has more").response()
