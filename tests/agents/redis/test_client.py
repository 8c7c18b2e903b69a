"""The client of downstream services, against a real Redis."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import TypeVar

import pytest

from agents.redis.client import NothingPublished, TagClient
from agents.redis.stream import Received
from agents.redis.tags import Tag
from schemas.changes import Why
from tests.agents.published import PARTITIONS, Published, users_of
from tests.servers import GivenRedis, Namespace, RedisServer

T = TypeVar("T")
BECAUSE = Why("interactions_7d >= 5", {"interactions_7d": 7})


@pytest.fixture
async def client(
    redis_server: RedisServer | GivenRedis, namespace: Namespace, published: Published
) -> AsyncIterator[TagClient]:
    """Give a client of a Redis with no users."""
    del published
    async with TagClient(redis_server.url, prefix=namespace.prefix) as client:
        yield client


async def take(entries: AsyncIterator[Received[T]], number: int) -> list[Received[T]]:
    """Take the next so many entries."""
    return [await anext(entries) for _ in range(number)]


async def test_a_user_without_tags_is_none(client: TagClient) -> None:
    """Known or not: Redis has no hash of theirs."""
    assert await client.tags("nobody") is None
    assert await client.why("nobody") is None


async def test_tags_have_value_since_and_seq(client: TagClient, published: Published) -> None:
    """Texts, flags and sets, as they were published."""
    published.change("u1", "activity", "active", BECAUSE)
    published.change("u1", "communities", ["c1", "c7"], BECAUSE)
    published.change("u1", "default_history", new=True, why=BECAUSE)
    assert await client.tags("u1") == {
        "activity": Tag("active", 1_700_000_000_000, 1),
        "communities": Tag(["c1", "c7"], 1_700_000_000_000, 2),
        "default_history": Tag(value=True, since=1_700_000_000_000, seq=3),
    }


async def test_many_users_are_looked_up_in_one_round_trip(
    client: TagClient, published: Published
) -> None:
    """Of all partitions, unknown ones included, in the order asked."""
    users = [f"u{n}" for n in range(20)]
    for user in users:
        published.change(user, "activity", f"of {user}", BECAUSE)
    found = await client.tags_of([*users, "nobody"])
    assert list(found) == [*users, "nobody"]
    assert found["nobody"] is None
    assert [tags["activity"].value for tags in found.values() if tags] == [
        f"of {user}" for user in users
    ]


async def test_why_tells_rule_and_figures(client: TagClient, published: Published) -> None:
    """As they were at the change."""
    published.change("u1", "activity", "active", BECAUSE)
    assert await client.why("u1") == {"activity": BECAUSE}


async def test_before_any_worker_there_is_one_clear_message(
    redis_server: RedisServer | GivenRedis,
) -> None:
    """Most often it is a wrong prefix."""
    async with TagClient(redis_server.url, prefix="wrong") as client:
        with pytest.raises(NothingPublished, match=r"'wrong:meta'.*TAGSTREAM_PREFIX"):
            await client.tags("u1")


async def test_changes_from_the_start_come_in_order_within_each_partition(
    client: TagClient, published: Published
) -> None:
    """Dense from 1, nothing skipped."""
    sent = [published.change(f"u{n}", "activity", str(n), BECAUSE) for n in range(50)]
    received = await take(client.changes("start"), 50)
    assert {one.value.user_id for one in received} == {change.user_id for change in sent}
    for partition in range(PARTITIONS):
        mine = [one for one in received if one.partition == partition]
        assert [one.position.seq for one in mine] == list(range(1, len(mine) + 1))
        assert all(one.gap is None and one.value.seq == one.position.seq for one in mine)


async def test_from_now_brings_only_what_comes(client: TagClient, published: Published) -> None:
    """What stood in the streams before is not repeated."""
    user = users_of(2, 1)[0]
    published.change(user, "activity", "before", BECAUSE)
    following = asyncio.create_task(take(client.changes("now"), 1))
    await asyncio.sleep(0.1)
    published.change(user, "activity", "after", BECAUSE)
    [received] = await following
    assert (received.position.seq, received.value.new, received.gap) == (2, "after", None)


async def test_reading_resumes_after_a_seq_and_unseen_partitions_from_the_start(
    client: TagClient, published: Published
) -> None:
    """So that a reader who keeps its positions misses nothing."""
    for user in [*users_of(0, 3), *users_of(1, 2)]:
        published.change(user, "activity", "x", BECAUSE)
    received = await take(client.changes({0: 2}), 3)
    assert [(one.partition, one.position.seq) for one in received] == [(0, 3), (1, 1), (1, 2)]


async def test_a_gap_is_told(client: TagClient, published: Published) -> None:
    """A stream trimmed behind the reader must not look whole."""
    for user in users_of(3, 10):
        published.change(user, "activity", "x", BECAUSE)
    published.trim(3, keep=4)
    received = await take(client.changes({3: 2}), 4)
    assert [one.position.seq for one in received] == [7, 8, 9, 10]
    assert [one.gap for one in received] == ["trimmed", None, None, None]


async def test_alerts_are_followed_like_changes(client: TagClient, published: Published) -> None:
    """With their own numbers."""
    published.change("u1", "activity", "active", BECAUSE)
    alert = published.alert("u1")
    [received] = await take(client.alerts("start"), 1)
    assert (received.position.seq, received.value) == (1, alert)


def test_the_client_is_importable_without_faust_and_kafka() -> None:
    """Downstream services have neither: `from tagstream import TagClient` is all they do."""
    code = (
        "import sys; from tagstream import TagClient, __version__; "
        "assert not {'faust', 'aiokafka', 'typer', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
