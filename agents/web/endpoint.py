"""Between HTTP and an operation: the request checked by its type, the answer encoded, in time."""

import asyncio
import re
from typing import Any, cast

from msgspec import Struct, ValidationError, convert
from msgspec.json import Decoder, Encoder
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from agents.redis.client import NothingPublished
from agents.redis.server import AWAY
from agents.web.api import Api
from agents.web.limits import ANSWER_S, BODY_BYTES
from agents.web.operations import Answer, Operation, Stream
from agents.web.problems import Refused, away

_encode = Encoder(decimal_format="number").encode
_PATTERN = re.compile("str matching regex '.*'")
_NAMES_IN_PATH = re.compile(r"\{(\w+)\}")


class AnyText(Convertor[str]):
    """A part of a path that may have anything in it: slashes (`%2F`), even line breaks."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        """See Starlette."""
        return value

    def to_string(self, value: str) -> str:
        """See Starlette."""
        return value


register_url_convertor("any", AnyText())


def route(operation: Operation, api: Api) -> Route:
    """Return the route of an operation."""
    path = _NAMES_IN_PATH.sub(r"{\1:any}", operation.path)
    return Route(path, Endpoint(operation, api), methods=[operation.method])


class Endpoint:
    """One operation as an ASGI application."""

    def __init__(self, operation: Operation, api: Api) -> None:
        self._operation, self._api = operation, api
        self._takes = operation.takes
        self._decode = Decoder(self._takes).decode
        self.is_stream = operation.gives is None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            async with asyncio.timeout(ANSWER_S) as limit:
                response = await self._response(request)
        except Refused as refused:
            response = refused.response()
        except NothingPublished as nothing:
            response = away(str(nothing)).response()
        except ClientDisconnect:
            return
        except AWAY as error:
            response = _late(limit) or _redis_away(error)
        await response(scope, receive, send)

    async def _response(self, request: Request) -> ASGIApp:
        asked = await self._asked(request)
        if self.is_stream:
            if request.method == "HEAD":  # or it would wait for the end of what has none
                return Response(media_type="text/event-stream")
            stream = cast("Stream", self._operation.answer)
            return await stream(self._api, asked, request.headers.get("last-event-id"))
        answer = cast("Answer", self._operation.answer)
        return Response(_encode(await answer(self._api, asked)), media_type="application/json")

    async def _asked(self, request: Request) -> Struct:
        try:
            if self._operation.method == "POST":
                return self._decode(await _body(request))
            given = {**request.query_params, **request.path_params}
            return convert(given, self._takes, strict=False)
        except ValidationError as error:
            raise Refused(400, _in_words(error)) from None
        except ValueError as error:  # not JSON, or not UTF-8
            raise Refused(400, f"the body is not JSON: {error}") from None


async def _body(request: Request) -> bytes:
    """Return the body; Refused (413) as soon as it is too long."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            raise Refused(413, f"the body is longer than {BODY_BYTES:,} bytes")
    return bytes(body)


def _in_words(error: ValidationError) -> str:
    """Return what is wrong with a request, in the words of who sent it.

    >>> _in_words(ValidationError("Expected `int` <= 1000 - at `$.limit`"))
    'expected int <= 1000 - at limit'
    """
    said = str(error).replace("`", "").replace("$.", "")
    said = said.replace("Object contains unknown field", "unknown parameter")
    said = said.replace("Object missing required field", "missing parameter")
    said = _PATTERN.sub("no control characters", said)  # the one pattern that we have
    return said[:1].lower() + said[1:]


def _late(limit: asyncio.Timeout) -> Response | None:
    if not limit.expired():
        return None
    return Refused(
        504, f"there was no answer within {ANSWER_S:g} s: Redis is slow, or the body"
    ).response()


def _redis_away(error: BaseException) -> Response:
    return away(f"Redis does not answer ({type(error).__name__}): try again").response()
