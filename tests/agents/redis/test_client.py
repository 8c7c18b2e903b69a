"""The client of downstream services, against a real Redis."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

import pytest

from agents.redis.client import NothingPublished, TagClient
from agents.redis.mirror import Mirror
from agents.redis.news import Part, Position
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
        "import sys; from tagstream import TagClient, News, Mirror, __version__; "
        "assert not {'faust', 'aiokafka', 'typer', 'rich', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.parametrize("info", ["+info", "-info"])
async def test_an_acl_user_that_may_only_read_is_enough(own_redis: RedisServer, info: str) -> None:
    """As docs/consumers.md names the rights; without INFO it takes the server for a single one."""
    published = Published(own_redis.url, "t")
    published.change("u1", "activity", "active", BECAUSE)
    rights = ["+@read", "+@connection", "+multi", "+exec", info, "~t:*"]
    redis: Any = published.redis  # redis-py left this method untyped
    redis.execute_command("ACL", "SETUSER", "reader", "on", ">pw", *rights)
    url = own_redis.url.replace("redis://", "redis://reader:pw@")
    async with TagClient(url, prefix="t") as client:
        assert await client.tags("u1")
        assert await client.why("u1")
        users = [
            user
            async for news in client.snapshot()
            if isinstance(news, Part)
            for user in news.users
        ]
        assert users == ["u1"]
        assert (await anext(client.changes("start"))).value.user_id == "u1"
    published.close()


async def test_the_client_without_asyncio_answers_the_same(
    redis_server: RedisServer | GivenRedis, namespace: Namespace, published: Published
) -> None:
    """From several threads at once; its iterators, too."""
    for n in range(8):
        published.change(f"u{n}", "activity", "active", BECAUSE)

    def ask() -> None:
        with TagClient.blocking(redis_server.url, prefix=namespace.prefix) as client:
            with ThreadPoolExecutor(4) as threads:
                found = list(threads.map(client.tags, [f"u{n}" for n in range(8)]))
            assert all(tags and tags["activity"].value == "active" for tags in found)
            assert client.tags("nobody") is None
            assert client.tags_of(["u1", "nobody"])["nobody"] is None
            assert client.why("u1") == {"activity": BECAUSE}
            received = list(islice(client.changes("start"), 8))
            assert {one.value.user_id for one in received} == {f"u{n}" for n in range(8)}
            mirror = Mirror()
            following = client.follow()
            while len(mirror.positions) < PARTITIONS:
                mirror.apply(next(following))
            assert len(list(mirror.users())) == 8

    await asyncio.to_thread(ask)


async def test_a_new_run_is_told_with_its_first_change(
    client: TagClient, published: Published
) -> None:
    """Its numbers go on far above; nothing was trimmed."""
    user = users_of(2, 1)[0]
    published.change(user, "activity", "a", BECAUSE)
    entries = client.changes("start")
    assert (await anext(entries)).gap is None
    published.begin_run(2)
    published.end_run(2)
    published.change(user, "activity", "b", BECAUSE)
    received = await anext(entries)
    assert (received.value.new, received.gap) == ("b", "new run")
    assert received.position == Position(published.runs[2], 1_000_002)


async def test_numbers_that_begin_again_are_read_from_their_beginning(
    client: TagClient, published: Published
) -> None:
    """After a loss of everything, that nobody remembers: the same numbers, another run."""
    user = users_of(2, 1)[0]
    for value in "abc":
        published.change(user, "activity", value, BECAUSE)
    entries = client.changes("start")
    await take(entries, 3)
    published.redis.delete(*published.redis.keys(f"{published.keys.prefix}:*"))
    other = Published(redis_url(published), published.keys.prefix)
    for value in "defgh":
        other.change(user, "activity", value, BECAUSE)
    received = await take(entries, 5)
    assert [one.value.new for one in received] == list("defgh")
    assert [one.gap for one in received] == ["new run", None, None, None, None]
    other.close()


async def test_changes_go_on_after_lost_connections(
    client: TagClient, published: Published
) -> None:
    """None twice, none left out."""
    user = users_of(0, 1)[0]
    entries = client.changes("start")
    for n in range(60):
        published.change(user, "activity", str(n), BECAUSE)
        if n % 10 == 5:
            published.redis.client_kill_filter(_type="normal")
        received = await anext(entries)
        assert (received.value.new, received.gap) == (str(n), None)


def redis_url(published: Published) -> str:
    """Where it writes."""
    options = published.redis.connection_pool.connection_kwargs
    return f"redis://{options['host']}:{options['port']}/{options['db']}"
