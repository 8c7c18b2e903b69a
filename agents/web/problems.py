"""Errors as RFC 9457 problem details: what is wrong and what to do, for people and programs."""

from collections.abc import Mapping
from http import HTTPStatus

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import encode
from starlette.responses import Response

PROBLEM_JSON = "application/problem+json"


class ProblemDetails(Struct, frozen=True):
    """What is told; `column` is the place in a query, counted from 1."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    column: int | UnsetType = UNSET


class Refused(Exception):  # noqa: N818 - it is an answer
    """A request that is answered with a problem."""

    def __init__(
        self,
        status: int,
        detail: str,
        headers: Mapping[str, str] | None = None,
        column: int | UnsetType = UNSET,
    ) -> None:
        super().__init__(detail)
        title = HTTPStatus(status).phrase
        self.problem = ProblemDetails(title, status, detail, column=column)
        self.headers = headers

    def response(self) -> Response:
        """Return it as HTTP."""
        return Response(
            encode(self.problem), self.problem.status, self.headers, media_type=PROBLEM_JSON
        )


def away(why: str) -> Refused:
    """Return the problem that something behind us is not there, for now."""
    return Refused(503, why, {"Retry-After": "1"})
