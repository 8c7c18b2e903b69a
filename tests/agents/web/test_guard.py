"""Who may ask."""

import pytest

from tests.agents.published import Published
from tests.agents.web.serving import Serving, serving
from tests.servers import GivenRedis, RedisServer

pytestmark = pytest.mark.redis


async def test_with_a_token_data_is_for_those_who_show_it(
    redis_server: RedisServer | GivenRedis, published: Published
) -> None:
    """The page, which has no data of its own, and the probes are for all."""
    async with serving(redis_server.url, published.keys.prefix, token="s3cret") as server:
        for path in ("/v1/users/u1/tags", "/v1/changes", "/v1/catalogue", "/metrics", "/v1/none"):
            answer = await server.http.get(path)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"].startswith("Bearer")
            answer = await server.http.get(path, headers={"Authorization": "Bearer s3cre"})
            assert answer.status_code == 401, path
        for path in ("/", "/healthz", "/openapi.json"):
            assert (await server.http.get(path)).status_code == 200, path
        answer = await server.http.get(
            "/v1/catalogue", headers={"Authorization": "Bearer s3cret", "Host": "tags.example"}
        )
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("host", "status"), [("localhost:1", 200), ("[::1]", 200), ("evil.example", 403), ("", 403)]
)
async def test_without_a_token_only_the_names_of_this_machine_are_served(
    host: str, status: int, server: Serving
) -> None:
    """A web page elsewhere cannot have its visitor's browser ask for tags."""
    answer = await server.http.get("/v1/catalogue", headers={"Host": host})
    assert answer.status_code == status


async def test_every_answer_has_each_header_once(server: Serving, published: Published) -> None:
    """However many there were before: streams begin with a head that they share."""
    published.change("u1", "activity", "low")
    for path in ("/v1/changes", "/v1/users/u1/tags", "/", "/v1/none") * 2:
        async with server.http.stream("GET", path) as answer:
            names = [name for name, _ in answer.headers.raw]
            assert len(names) == len(set(names)), (path, names)
            assert answer.headers["cache-control"] == "no-store"


async def test_the_page_may_load_nothing_from_elsewhere(server: Serving) -> None:
    """Said to the browser, which then holds it to that."""
    policy = (await server.http.get("/")).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1", 404), ("DELETE", "/v1/match", 405), ("OPTIONS", "/v1/changes", 405)],
)
async def test_what_is_not_there_is_a_problem_too(
    method: str, path: str, status: int, server: Serving
) -> None:
    """Never a page of the framework."""
    answer = await server.http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
