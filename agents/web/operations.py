"""Every operation of the HTTP API: routes and the OpenAPI document are made from this list."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

from msgspec import Struct

from agents.web.api import Api
from agents.web.event_stream import EventStream

Answer = Callable[[Api, Any], Awaitable[Struct]]
Stream = Callable[[Api, Any, str | None], Awaitable[EventStream]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its answer, and which faults it has beside those of all.

    `open`: no token is asked for.
    """

    method: Literal["GET", "POST"]
    path: str
    answer: Answer | Stream
    faults: Sequence[int] = (400, 503, 504)
    open: bool = False

    @property
    def takes(self) -> type[Struct]:
        """What is asked: the answer's first parameter says so."""
        asked: type[Struct] = next(iter(get_type_hints(self.answer).values()))
        return asked

    @property
    def gives(self) -> type[Struct] | None:
        """What is answered; None for a stream of server-sent events."""
        given = get_type_hints(self.answer)["return"]
        return None if given is EventStream else given


OPERATIONS: Sequence[Operation] = (
    Operation("GET", "/v1/users/{id}/tags", Api.tags, (400, 404, 503, 504)),
    Operation("GET", "/v1/users/{id}/why", Api.why, (400, 404, 503, 504)),
    Operation("GET", "/v1/users/{id}/changes", Api.user_changes),
    Operation("POST", "/v1/lookup", Api.lookup, (400, 413, 503, 504)),
    Operation("GET", "/v1/match", Api.match),
    Operation("GET", "/v1/changes", Api.changes),
    Operation("GET", "/v1/alerts", Api.alerts),
    Operation("GET", "/v1/pulse", Api.pulse),
    Operation("GET", "/v1/communities", Api.communities),
    Operation("GET", "/v1/catalogue", Api.catalogue),
    Operation("GET", "/healthz", Api.healthz, (400,), open=True),
    Operation("GET", "/readyz", Api.readyz, (400, 503), open=True),
)
"""Beside them: `/openapi.json`, which tells them; `/metrics`; and `/`, the page."""
