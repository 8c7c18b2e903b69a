"""Every operation of the HTTP API: routes and the OpenAPI document are made from this list."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import Struct

from agents.web.answers import (
    CatalogueTold,
    ChangesAsked,
    CommunitiesAsked,
    CommunityTable,
    MatchAsked,
    Matched,
    Nothing,
    StreamAsked,
    UserAsked,
    UserChanges,
    UsersAsked,
    UsersTags,
    UserTags,
    UserWhy,
    Well,
)
from agents.web.api import Api
from agents.web.event_stream import EventStream

Answer = Callable[[Api, Any], Awaitable[Struct]]
Stream = Callable[[Api, Any, str | None], Awaitable[EventStream]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: what it takes and gives, and which faults it has beside those of all.

    `gives` is None for a stream of server-sent events. `open`: no token is asked for.
    """

    method: Literal["GET", "POST"]
    path: str
    takes: type[Struct]
    gives: type[Struct] | None
    answer: Answer | Stream
    faults: Sequence[int] = (400, 503, 504)
    open: bool = False


OPERATIONS: Sequence[Operation] = (
    Operation("GET", "/v1/users/{id}/tags", UserAsked, UserTags, Api.tags, (400, 404, 503, 504)),
    Operation("GET", "/v1/users/{id}/why", UserAsked, UserWhy, Api.why, (400, 404, 503, 504)),
    Operation("GET", "/v1/users/{id}/changes", ChangesAsked, UserChanges, Api.user_changes),
    Operation("POST", "/v1/lookup", UsersAsked, UsersTags, Api.lookup, (400, 413, 503, 504)),
    Operation("GET", "/v1/match", MatchAsked, Matched, Api.match),
    Operation("GET", "/v1/changes", StreamAsked, None, Api.changes),
    Operation("GET", "/v1/alerts", StreamAsked, None, Api.alerts),
    Operation("GET", "/v1/pulse", Nothing, None, Api.pulse),
    Operation("GET", "/v1/communities", CommunitiesAsked, CommunityTable, Api.communities),
    Operation("GET", "/v1/catalogue", Nothing, CatalogueTold, Api.catalogue),
    Operation("GET", "/healthz", Nothing, Well, Api.healthz, (400,), open=True),
    Operation("GET", "/readyz", Nothing, Well, Api.readyz, (400, 503), open=True),
)
"""Beside them: `/openapi.json`, which tells them; `/metrics`; and `/`, the page."""
