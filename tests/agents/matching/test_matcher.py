"""The matcher against a real Redis."""

import asyncio
import time

import pytest

from agents.catalogue_file import require_catalogue
from agents.matching.matcher import Matcher, known_tags
from agents.matching.query import QueryFault
from agents.redis.client import TagClient
from agents.settings import PACKAGED_CATALOGUE
from tests.agents.published import Published
from tests.agents.redis.test_following import ended
from tests.servers import RedisServer

CATALOGUE = require_catalogue(PACKAGED_CATALOGUE)
pytestmark = pytest.mark.redis


async def follow(client: TagClient, matcher: Matcher, whole: asyncio.Event) -> None:
    """As the page's server does."""
    partitions = await client.partitions()
    async for news in client.follow():
        matcher.take(news)
        if matcher.index.is_whole(partitions):
            whole.set()


async def test_a_change_is_found_within_100_ms(own_redis: RedisServer) -> None:
    """From written to answered, the worst of fifty."""
    published = Published(own_redis.url, "t")
    for n in range(500):
        published.change(f"u{n}", "activity", "low")
    async with TagClient(own_redis.url, prefix="t") as client:
        matcher, whole = Matcher(CATALOGUE), asyncio.Event()
        following = asyncio.create_task(follow(client, matcher, whole))
        await asyncio.wait_for(whole.wait(), 10)
        assert matcher.match("activity=low").count == 500
        assert not matcher.behind
        waits = []
        for n in range(50):
            published.change(f"u{n}", "activity", "active")
            began = time.perf_counter()
            while matcher.match("activity=active").count <= n:  # noqa: ASYNC110 - measures it
                await asyncio.sleep(0.001)
            waits.append(time.perf_counter() - began)
        assert max(waits) < 0.1, waits
        await ended(following)
    published.close()


async def test_while_redis_is_away_it_answers_from_before_and_says_so(
    own_redis: RedisServer,
) -> None:
    """And is right again after a new run."""
    published = Published(own_redis.url, "t")
    published.change("u1", "activity", "low")
    async with TagClient(own_redis.url, prefix="t") as client:
        matcher, whole = Matcher(CATALOGUE), asyncio.Event()
        following = asyncio.create_task(follow(client, matcher, whole))
        await asyncio.wait_for(whole.wait(), 10)
        own_redis.stop()
        async with asyncio.timeout(10):
            while not matcher.behind:  # noqa: ASYNC110 - it has no event for this
                await asyncio.sleep(0.01)
        assert matcher.match("activity=low").count == 1
        own_redis.start()
        published.set_up()
        published.users["u2"] = {"activity": "low"}
        for partition in range(published.partitions):
            published.begin_run(partition)
            published.end_run(partition)
        async with asyncio.timeout(10):
            while matcher.behind:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        assert sorted(matcher.match("activity=low").users) == ["u1", "u2"]
        await ended(following)
    published.close()


def test_tags_of_the_catalogue_are_known_though_nobody_has_them() -> None:
    """Those of detectors, too; others are a fault with a suggestion."""
    matcher = Matcher(CATALOGUE)
    assert matcher.match("credit_grade=AAA and anomaly=warning").count == 0
    assert {"anomaly", "anomaly_small_frequent_borrowing"} <= known_tags(CATALOGUE)
    with pytest.raises(QueryFault, match='did you mean "credit_grade"'):
        matcher.match("credit_grad=AAA")
