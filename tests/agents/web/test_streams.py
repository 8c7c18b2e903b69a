"""Server-sent events on a real Redis: in order, resumed, told of gaps, ended."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from tests.agents.published import Published, users_of
from tests.agents.web.serving import Serving, events, serving
from tests.servers import GivenRedis, RedisServer

pytestmark = pytest.mark.redis

Block = dict[str, str]


async def some(
    http: httpx.AsyncClient, path: str, count: int, last: str | None = None
) -> list[Block]:
    """So many events with data."""
    found = list[Block]()
    async with asyncio.timeout(20), aclosing(events(http, path, last)) as stream:
        async for block in stream:
            if "data" in block:
                found.append(block)
            if len(found) == count:
                break
    return found


def seqs(blocks: list[Block]) -> list[int]:
    return [json.loads(block["data"])["seq"] for block in blocks]


async def test_all_changes_that_are_kept_come_in_order(
    server: Serving, published: Published
) -> None:
    """As they stand in the streams of all partitions, to the letter."""
    told = [published.change(f"u{n}", "activity", "low") for n in range(20)]
    found = [json.loads(b["data"]) for b in await some(server.http, "/v1/changes?from=start", 20)]
    assert sorted((c["user_id"], c["seq"]) for c in found) == sorted(
        (c.user_id, c.seq) for c in told
    )
    assert found[0]["why"] == {"rule": "likes >= 1", "measures": {"likes": 1}}


async def test_a_stream_begins_with_now_and_with_where_now_is(
    server: Serving, published: Published
) -> None:
    """Who is cut off before the first event misses nothing either."""
    published.change("u1", "activity", "low")
    async with asyncio.timeout(20), aclosing(events(server.http, "/v1/changes")) as stream:
        first = await anext(stream)
        assert first["retry"] == "1000"
        assert "data" not in first
    published.change("u1", "activity", "active")
    [change] = await some(server.http, "/v1/changes", 1, first["id"])
    assert json.loads(change["data"])["new"] == "active"


async def test_a_resumed_stream_goes_on_exactly_behind_the_last_id(
    server: Serving, published: Published
) -> None:
    """Cut off after any event, over all partitions, nothing is missed or repeated."""
    for n in range(12):
        published.change(f"u{n}", "activity", "low")
    whole = await some(server.http, "/v1/changes?from=start", 12)
    for cut in (0, 3, 7, 10):
        rest = await some(server.http, "/v1/changes", 11 - cut, whole[cut]["id"])
        both = [json.loads(b["data"])["user_id"] for b in whole[: cut + 1] + rest]
        assert sorted(both) == sorted(f"u{n}" for n in range(12))


async def test_the_latest_alerts_can_come_first(server: Serving, published: Published) -> None:
    """So that a page is not empty; also those of a stream that was trimmed."""
    [user] = users_of(2, 1)
    for _ in range(5):
        published.alert(user)
    published.redis.xtrim(published.keys.alerts(2), maxlen=3, approximate=False)
    assert seqs(await some(server.http, "/v1/alerts?recent=2", 2)) == [4, 5]
    found = await some(server.http, "/v1/alerts?recent=9", 3)
    assert seqs(found) == [3, 4, 5]
    assert all("event" not in block for block in found)


async def test_who_was_away_too_long_is_told_of_the_gap(
    server: Serving, published: Published
) -> None:
    """As an event of its own, before the next entry."""
    [user] = users_of(1, 1)
    published.change(user, "activity", "low")
    [first] = await some(server.http, "/v1/changes?from=start", 1)
    for value in ("a", "b", "c"):
        published.change(user, "activity", value)
    published.trim(1, keep=1)
    gap, change = await some(server.http, "/v1/changes", 2, first["id"])
    assert gap["event"] == "gap"
    assert json.loads(gap["data"]) == {"partition": 1, "reason": "trimmed"}
    assert json.loads(change["data"])["new"] == "c"


async def test_a_new_run_is_told_as_a_gap(server: Serving, published: Published) -> None:
    """Whoever resumes takes a snapshot."""
    [user] = users_of(3, 1)
    published.change(user, "activity", "low")
    [first] = await some(server.http, "/v1/changes?from=start", 1)
    published.begin_run(3)
    published.end_run(3)
    published.change(user, "activity", "active")
    gap, change = await some(server.http, "/v1/changes", 2, first["id"])
    assert json.loads(gap["data"]) == {"partition": 3, "reason": "new run"}
    assert json.loads(change["data"])["new"] == "active"


@pytest.mark.parametrize("wrong", ["x", "AAAA", "!!", "A" * 90])
async def test_an_id_that_is_none_of_ours_is_refused(wrong: str, server: Serving) -> None:
    """With 400: silently beginning anew would hide a loss."""
    answer = await server.http.get("/v1/changes", headers={"Last-Event-ID": wrong})
    assert answer.status_code == 400


async def test_a_stream_ends_when_the_server_stops(
    redis_server: RedisServer | GivenRedis, published: Published
) -> None:
    """Within a second or two, not when the reader has had enough."""
    async with (
        serving(redis_server.url, published.keys.prefix) as server,
        aclosing(events(server.http, "/v1/changes")) as stream,
    ):
        await anext(stream)
        server.streams.stopping = True
        async with asyncio.timeout(10):
            async for _ in stream:
                pass


async def test_a_reader_who_goes_is_forgotten(server: Serving) -> None:
    """Its connection to Redis is free again."""
    async with aclosing(events(server.http, "/v1/changes")) as stream:
        await anext(stream)
        assert server.streams.count == 1
    async with asyncio.timeout(20):
        while server.streams.count:  # noqa: ASYNC110 - it has no event for this
            await asyncio.sleep(0.02)


async def test_too_many_streams_are_asked_to_come_later(
    server: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 and when to try again."""
    monkeypatch.setattr("agents.web.event_stream.STREAMS", 1)
    async with aclosing(events(server.http, "/v1/changes")) as stream:
        await anext(stream)
        answer = await server.http.get("/v1/alerts")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"


async def test_a_silent_stream_has_heartbeats(
    server: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comments, which readers ignore."""
    monkeypatch.setattr("agents.web.event_stream.HEARTBEAT_S", 0.2)
    async with asyncio.timeout(20), server.http.stream("GET", "/v1/changes") as answer:
        async for line in answer.aiter_lines():
            if line == ":":
                return


async def test_the_pulse_tells_rates_and_spreads(server: Serving, published: Published) -> None:
    """All at first, then what has changed."""
    for n in range(10):
        published.change(f"u{n}", "activity", "low")
    published.change("u1", "industry", "C34")
    await server.until_ready(10)
    async with asyncio.timeout(20), aclosing(events(server.http, "/v1/pulse")) as stream:
        first = await pulse_in(stream)
        assert first["tags"]["activity"] == {"users": 10, "values": {"low": 10}, "more": 0}
        assert first["tags"]["industry"]["values"] == {"C": 1}
        while not (await pulse_in(stream))["seconds"]:
            pass  # what happens before the first look is nobody's second
        published.progress(0, **{"pos:interactions": 40, "pos:profiles": 2, "clock": 77})
        published.change("u1", "activity", "active")
        seconds, tags = list[dict[str, int]](), dict[str, object]()
        while sum(second["events"] for second in seconds) < 42 or "activity" not in tags:
            pulse = await pulse_in(stream)
            seconds += pulse["seconds"]
            tags |= pulse["tags"]
        assert sum(second["changes"] for second in seconds) >= 1
        assert tags == {"activity": {"users": 10, "values": {"active": 1, "low": 9}, "more": 0}}
        assert pulse["clock"] == 77
        assert pulse["in_force"] == "community-lending@1"


async def pulse_in(stream: AsyncIterator[Block]) -> Any:
    return json.loads((await anext(stream))["data"])
