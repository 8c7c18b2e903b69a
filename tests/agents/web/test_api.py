"""The operations, over a real connection, on a real Redis."""

import asyncio
import time
from statistics import median

import httpx
import pytest

from agents.web.limits import BODY_BYTES, USERS
from schemas.changes import Why
from tests.agents.published import Published
from tests.agents.web.serving import Serving, serving
from tests.servers import RedisServer

pytestmark = pytest.mark.redis

BUSY = Why("interactions_7d >= 5", {"interactions_7d": 7})


async def test_a_users_tags_and_their_reasons_are_told(
    server: Serving, published: Published
) -> None:
    """As the client tells them; nothing may be kept on the way."""
    change = published.change("u1", "activity", "active", BUSY)
    tags = await server.http.get("/v1/users/u1/tags")
    shown = {"value": "active", "since": change.time, "seq": change.seq}
    assert tags.json() == {"user_id": "u1", "tags": {"activity": shown}}
    assert tags.headers["cache-control"] == "no-store"
    why = await server.http.get("/v1/users/u1/why")
    assert why.json()["why"]["activity"] == {
        "rule": "interactions_7d >= 5",
        "measures": {"interactions_7d": 7},
    }


@pytest.mark.parametrize("user", ["a/b", "张三", "a b?c#d", "..", "%2F", "x/tags"])
async def test_any_user_id_can_stand_in_a_path(
    user: str, server: Serving, published: Published
) -> None:
    """Slashes and all, percent-encoded."""
    published.change(user, "activity", "low")
    path = "".join(f"%{byte:02X}" for byte in user.encode())
    tags = await server.http.get(httpx.URL(server.url + f"/v1/users/{path}/tags"))
    assert tags.json()["user_id"] == user


@pytest.mark.parametrize("what", ["tags", "why"])
async def test_an_unknown_user_is_a_problem_404(what: str, server: Serving) -> None:
    """As RFC 9457 has it."""
    answer = await server.http.get(f"/v1/users/nobody/{what}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "user 'nobody' is not known: there is no tag",
    }


@pytest.mark.parametrize("user", ["", "a%0Ab", "x" * 129, "%00"])
async def test_what_can_be_no_user_id_is_refused(user: str, server: Serving) -> None:
    """With 400, line breaks too."""
    answer = await server.http.get(httpx.URL(f"{server.url}/v1/users/{user}/tags"))
    assert answer.status_code == 400


async def test_many_users_are_looked_up_at_once(server: Serving, published: Published) -> None:
    """Null for who has no tags."""
    published.change("u1", "activity", "low")
    answer = await server.http.post("/v1/lookup", json={"users": ["u1", "u2"]})
    found = answer.json()["users"]
    assert found["u1"]["activity"]["value"] == "low"
    assert found["u2"] is None


async def test_the_latest_changes_of_a_user_are_told_last_first(
    server: Serving, published: Published
) -> None:
    """Of this user alone, also behind a page of others."""
    published.change("u1", "activity", "low")
    published.change("u1", "activity", "active")
    for n in range(1_200):
        published.change(f"v{n}", "activity", "low")
    answer = await server.http.get("/v1/users/u1/changes?limit=5")
    assert [change["new"] for change in answer.json()["changes"]] == ["active", "low"]
    answer = await server.http.get("/v1/users/u1/changes?limit=1")
    assert [change["new"] for change in answer.json()["changes"]] == ["active"]


async def test_users_are_matched_with_count_and_pages(
    server: Serving, published: Published
) -> None:
    """The pages together are all users, each once."""
    for n in range(25):
        published.change(f"u{n}", "activity", "active" if n % 5 else "low")
    await server.until_ready(25)
    users, cursor = list[str](), ""
    while cursor is not None:
        asked = {"q": "activity=active", "limit": "7"} | ({"cursor": cursor} if cursor else {})
        page = (await server.http.get("/v1/match", params=asked)).json()
        assert page["count"] == 20
        assert not page["behind"]
        users += page["users"]
        cursor = page["cursor"]
    assert sorted(users) == sorted(f"u{n}" for n in range(25) if n % 5)


async def test_a_change_is_in_the_next_answer_within_100_ms(
    server: Serving, published: Published
) -> None:
    """Of twenty the middle one: a busy machine may make anyone of them late."""
    await server.until_ready()
    took = list[float]()
    for n in range(1, 21):
        published.change(f"u{n}", "activity", "low")
        begun = time.perf_counter()
        while (await server.http.get("/v1/match?q=activity")).json()["count"] < n:
            assert time.perf_counter() - begun < 10, n
        took.append(time.perf_counter() - begun)
    assert median(took) < 0.1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("q=activty", 'unknown tag "activty", did you mean "activity"?'),
        ("q=activity&limit=0", "expected int >= 1 - at limit"),
        ("q=activity&limit=1001", "expected int <= 1000 - at limit"),
        ("q=activity&most=1", "unknown parameter most"),
        ("limit=1", "missing parameter q"),
        ("q=activity&cursor=x", "the cursor 'x' is not one of this index"),
    ],
)
async def test_what_is_wrong_with_a_question_is_said(
    asked: str, said: str, server: Serving
) -> None:
    """In one sentence."""
    await server.until_ready()
    answer = await server.http.get(f"/v1/match?{asked}")
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


async def test_a_fault_in_a_query_has_its_column(server: Serving) -> None:
    """For an editor to point there."""
    await server.until_ready()
    answer = await server.http.get("/v1/match", params={"q": "activity and"})
    assert answer.json()["column"] == 13


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"users":[1]}', b'{"users":["\xff"]}'])
async def test_a_body_that_is_no_lookup_is_refused(body: bytes, server: Serving) -> None:
    """With 400, never a fault of ours."""
    answer = await server.http.post("/v1/lookup", content=body)
    assert answer.status_code == 400


async def test_too_many_users_are_refused(server: Serving) -> None:
    """And as many as may be are not."""
    names = [f"u{n}" for n in range(USERS + 1)]
    assert (await server.http.post("/v1/lookup", json={"users": names})).status_code == 400
    assert (await server.http.post("/v1/lookup", json={"users": names[:-1]})).status_code == 200


async def test_too_long_a_body_is_refused_before_it_is_read(server: Serving) -> None:
    """Whether its length is told or not."""

    async def endless() -> "object":
        for _ in range(BODY_BYTES // 1000 + 1):
            yield b" " * 1000

    for body in (b" " * (BODY_BYTES + 1), endless()):
        answer = await server.http.post("/v1/lookup", content=body)  # type: ignore[arg-type] # any body
        assert answer.status_code == 413


async def test_counts_of_communities_add_up_over_partitions(
    server: Serving, published: Published
) -> None:
    """The largest first, each with its health."""
    keys, redis = published.keys, published.redis
    counted = {"c1": [{"members": 3, "speakers": 2}, {"members": 4, "posts": 5, "posters:5": 1}]}
    counted["a:{1}:b"] = [{}, {}, {"members": 9}]
    for community, fields in counted.items():
        for partition, counts in enumerate(fields):
            if counts:
                redis.hset(keys.community(partition, community), mapping=dict(counts.items()))
                redis.sadd(keys.communities(partition), community)
    told = (await server.http.get("/v1/communities?limit=5")).json()
    assert told["count"] == 2
    largest, other = told["communities"]
    assert (largest["id"], largest["band"], largest["counts"]["members"]) == (
        "a:{1}:b",
        "silent",
        9,
    )
    assert (other["id"], other["band"]) == ("c1", "one_voice")
    assert other["counts"] == {
        "members": 7,
        "speakers": 2,
        "silent_percent": 71,
        "posts": 5,
        "repeated_posts": 0,
        "posts_of_the_busiest": 5,
    }


async def test_the_catalogue_is_told(server: Serving) -> None:
    """With titles in both languages, values in order, and detectors."""
    told = (await server.http.get("/v1/catalogue")).json()
    tags = {tag["name"]: tag for tag in told["tags"]}
    assert tags["activity"]["title"]["zh"] == "活跃度"
    assert tags["activity"]["values"][0] == "highly_active"
    assert told["detectors"][0]["severity"] in ("info", "warning", "critical")


async def test_metrics_count_routes_and_name_no_user(server: Serving) -> None:
    """A label is never what a client made up."""
    await server.http.get("/v1/users/secret-name/tags")
    await server.http.get("/made-up")
    text = (await server.http.get("/metrics")).text
    assert 'tagstream_http_requests_total{route="/v1/users/{id}/tags",status="404"} 1.0' in text
    assert 'tagstream_http_requests_total{route="other",status="404"} 1.0' in text
    assert "secret-name" not in text
    assert "made-up" not in text


async def test_before_anything_is_published_it_says_so_and_waits(own_redis: RedisServer) -> None:
    """Alive but not ready, until a worker has written."""
    async with serving(own_redis.url, "t") as server:
        assert (await server.http.get("/healthz")).status_code == 200
        for path in ("/readyz", "/v1/users/u1/tags", "/v1/match?q=activity", "/v1/changes"):
            answer = await server.http.get(path)
            assert answer.status_code == 503, path
            assert answer.headers["retry-after"] == "1"
        published = Published(own_redis.url, "t")
        published.change("u1", "activity", "low")
        await server.until_ready(1)
        assert (await server.http.get("/v1/match?q=activity")).json()["count"] == 1
        published.close()


async def test_while_redis_is_away_lookups_say_so_and_match_answers_from_before(
    own_redis: RedisServer,
) -> None:
    """And all is well when it is back."""
    published = Published(own_redis.url, "t")
    published.change("u1", "activity", "low")
    async with serving(own_redis.url, "t") as server:
        await server.until_ready(1)
        own_redis.stop()
        answer = await server.http.get("/v1/users/u1/tags")
        assert answer.status_code == 503
        assert "Redis does not answer" in answer.json()["detail"]
        async with asyncio.timeout(20):
            page = {"behind": False}
            while not page["behind"]:
                page = (await server.http.get("/v1/match?q=activity")).json()
                await asyncio.sleep(0.05)
            while (await server.http.get("/readyz")).status_code == 200:  # noqa: ASYNC110 - a probe
                await asyncio.sleep(0.05)
        assert page["count"] == 1
        own_redis.start()
        published.set_up()
        published.change("u2", "activity", "low")
        await server.until_ready()
        assert (await server.http.get("/v1/users/u2/tags")).status_code == 200
    published.close()


async def test_a_redis_that_hangs_is_a_504_in_time(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever."""
    monkeypatch.setattr("agents.web.endpoint.ANSWER_S", 0.3)
    published = Published(own_redis.url, "t")
    published.close()
    async with serving(own_redis.url, "t") as server:
        await server.until_ready()
        own_redis.pause()
        answer = await server.http.get("/v1/users/u1/tags")
        own_redis.resume()
        assert answer.status_code == 504
