"""The OpenAPI document, and a server that is asked whatever it allows, and what it does not."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.json import decode, encode
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from agents.web.openapi import openapi
from agents.web.operations import OPERATIONS
from tests.agents.published import Published
from tests.servers import GivenRedis, RedisServer
from tests.servers.web import WebServer

DOCUMENT: dict[str, Any] = decode(encode(openapi("1", token=False)))
load_all_checks()
FACTS: list[Any] = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    ]
)
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture(scope="module")
def web(redis_server: RedisServer | GivenRedis) -> Iterator[WebServer]:
    """A server before some users."""
    published = Published(redis_server.url, "openapi")
    for n in range(50):
        published.change(f"{n}", "activity", "low")
    server = WebServer({"TAGSTREAM_REDIS": redis_server.url, "TAGSTREAM_PREFIX": "openapi"})
    server.start()
    yield server
    server.stop()
    published.close()


def cases(*, streams: bool) -> st.SearchStrategy[Case[Any]]:
    """Requests to all operations that send a stream, or that do not: right and wrong ones."""
    paths = {one.path for one in OPERATIONS if (one.gives is None) == streams}
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    return st.one_of(
        *(
            operation.as_strategy(generation_mode=mode)
            for operation in found
            if operation.path in paths
            for mode in MODES
            # nothing can be wrong in a request without parameters
            if mode is GenerationMode.POSITIVE or operation.query or operation.body
        )
    )


def ask_answers(url: str, count: int) -> None:
    """Each answer is what the document says, and never a fault of ours."""

    @_settings(count)
    @given(cases(streams=False))
    def ask(case: Case[Any]) -> None:
        case.call_and_validate(base_url=url, checks=FACTS, timeout=20)

    ask()


def ask_streams(url: str, count: int) -> None:
    """The same of streams, of which only the beginning is read."""

    @_settings(count)
    @given(cases(streams=True))
    def ask(case: Case[Any]) -> None:
        asked = case.as_transport_kwargs(base_url=url)
        with requests.request(**asked, stream=True, timeout=20) as answer:
            assert answer.status_code in (200, 400), answer.status_code
            kind = "text/event-stream" if answer.ok else "application/problem+json"
            assert answer.headers["content-type"].startswith(kind)

    ask()


def _settings(count: int) -> settings:
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=slow,
        phases=(Phase.explicit, Phase.generate),
    )


@pytest.mark.redis
def test_whatever_is_asked_is_answered_as_the_document_says(web: WebServer) -> None:
    """A hundred requests; two thousand in the long form."""
    ask_answers(web.url, 80)
    ask_streams(web.url, 20)


@pytest.mark.long
@pytest.mark.redis
@pytest.mark.timeout(900)
def test_whatever_is_asked_is_answered_as_the_document_says_long(web: WebServer) -> None:
    """No server error in two thousand cases."""
    ask_answers(web.url, 1_700)
    ask_streams(web.url, 300)


def test_every_operation_is_told_with_all_it_can_answer() -> None:
    """A name each, and problems as problem details."""
    told = [operation for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert len(told) == len(OPERATIONS) == len({one["operationId"] for one in told})
    for operation in told:
        assert operation["summary"]
        for status, answer in operation["responses"].items():
            kinds = set(answer["content"])
            assert kinds <= {"application/json", "text/event-stream"} or status != "200"
            assert status == "200" or kinds == {"application/problem+json"}


def test_a_token_is_told_where_one_is_asked_for() -> None:
    """Not for probes."""
    told: dict[str, Any] = decode(encode(openapi("1", token=True)))
    assert told["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert told["paths"]["/v1/match"]["get"]["security"] == [{"token": []}]
    assert "security" not in told["paths"]["/readyz"]["get"]
