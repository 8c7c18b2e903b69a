"""The client on a cluster of three nodes and behind a Sentinel, written by the real publisher."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from redis import RedisCluster as Redises
from redis.asyncio.sentinel import Sentinel

from agents.redis.client import TagClient
from agents.redis.keys import Keys
from agents.redis.news import Begin
from agents.session import Session
from schemas.murmur2 import partition_of
from tests.agents.published import PARTITIONS, Published, users_of
from tests.agents.redis.bench import Bench, call, change
from tests.agents.redis.test_following import Subscriber, ended, until
from tests.conftest import do_without
from tests.servers import RedisCluster, RedisSentinel, ServerMissing
from tests.servers.redis_sentinel import NAME

pytestmark = pytest.mark.redis
PREFIX = "t"
KEYS = Keys(PREFIX)


@pytest.fixture(scope="module")
def cluster() -> Iterator[RedisCluster]:
    """Three nodes, shared by the tests of this file."""
    try:
        server = RedisCluster()
    except ServerMissing as reason:
        do_without(f"Redis: {reason}")
    with server:
        yield server


@pytest.fixture
def sentinel() -> Iterator[RedisSentinel]:
    """A primary, a replica and a Sentinel."""
    try:
        server = RedisSentinel()
    except ServerMissing as reason:
        do_without(f"Redis: {reason}")
    with server:
        yield server


class Workers:
    """The real publisher for each partition, on the node that has it."""

    def __init__(self) -> None:
        self.owned = dict[int, tuple[Bench, Session]]()

    async def publish(self, user: str, tag: str | None = "fan", *, new: bool | None = True) -> None:
        """One change, in a call of its own."""
        bench, session = self.owned[partition_of(user, PARTITIONS)]
        await bench.publisher.publish(session, call(change(user, tag, new=new)))


@asynccontextmanager
async def workers(cluster: RedisCluster) -> AsyncIterator[Workers]:
    """All partitions taken, each with its first run; what was there before is gone."""
    found = Workers()
    with Redises.from_url(cluster.url) as redis:
        redis.flushall(target_nodes="primaries")
        redis.hset(KEYS.meta, "partitions", PARTITIONS)
        nodes = {p: redis.get_node_from_key(KEYS.partition_meta(p)) for p in range(PARTITIONS)}
    assert len({node.port for node in nodes.values() if node}) == 3, "partitions on all nodes"
    async with AsyncExitStack() as stack:
        for partition, node in nodes.items():
            assert node is not None
            bench = Bench(f"redis://127.0.0.1:{node.port}/0", PREFIX)
            stack.callback(bench.redis.close)
            stack.push_async_callback(bench.link.close)
            found.owned[partition] = (bench, await bench.session(partition=partition))
        yield found


async def test_lookups_go_to_the_node_that_has_the_user(cluster: RedisCluster) -> None:
    """One by one and many at once, by the URL of any node."""
    users = [f"u{n}" for n in range(50)]
    async with workers(cluster) as written:
        for user in users:
            await written.publish(user)
        for node in cluster.nodes:
            async with TagClient(node.url, prefix=PREFIX) as client:
                tags = await client.tags("u7")
                assert tags is not None
                assert tags["fan"].value is True
                why = await client.why("u7")
                assert why is not None
                assert why["fan"].rule == "likes >= 1"
                many = await client.tags_of([*users, "nobody"])
        assert [user for user, tags in many.items() if tags] == users


async def test_a_cluster_is_followed_over_all_its_nodes(cluster: RedisCluster) -> None:
    """Snapshot, changes, lost connections, and a new run of one partition."""
    async with workers(cluster) as written, TagClient(cluster.url, prefix=PREFIX) as client:
        for n in range(300):
            await written.publish(f"u{n}")
        subscriber = Subscriber(client.follow())
        following = asyncio.create_task(subscriber.run())
        positions = subscriber.mirror.positions
        await until(lambda: len(positions) == PARTITIONS, following, 10)
        for n in range(200):
            await written.publish(f"u{n}", new=None if n % 2 else True)
            if n % 50 == 25:
                for bench, _ in written.owned.values():
                    bench.redis.client_kill_filter(_type="normal")
        bench, session = written.owned[2]
        session.run, session.seq = "r2", session.seq + 1_000_000
        await bench.writer.begin_run(session, session.seq)
        await bench.writer.clear_users(session)
        await bench.writer.end_run(session)
        await until(
            lambda: all(
                (positions[p].run, positions[p].seq) == (session.run, session.seq)
                for p, (_, session) in written.owned.items()
            ),
            following,
            10,
        )
        await ended(following)
        expected = {
            f"u{n}"
            for n in range(300)
            if not (n < 200 and n % 2) and partition_of(f"u{n}", PARTITIONS) != 2
        }
        assert {user for user, _ in subscriber.mirror.users()} == expected
        gaps = [begin for begin in subscriber.begins if begin.after]
        assert [(gap.partition, gap.reason) for gap in gaps] == [(2, "new run")]
        received = client.changes("start")
        assert (await anext(received)).position.seq == 1


async def test_closing_ends_what_was_dropped_half_way(cluster: RedisCluster) -> None:
    """Else its readers would connect anew behind the closed client, and stay."""
    async with workers(cluster) as written:
        await written.publish("u1")
        for _ in range(20):
            async with TagClient(cluster.url, prefix=PREFIX, client_name="dropped") as client:
                assert isinstance(await anext(client.follow()), Begin)
        nodes = [bench.redis for bench, _ in written.owned.values()]
        deadline = time.monotonic() + 2
        while left := [c for node in nodes for c in node.client_list() if c["name"] == "dropped"]:
            assert time.monotonic() < deadline, left
            await asyncio.sleep(0.05)


async def test_a_sentinel_is_asked_for_the_primary_and_a_failover_is_a_new_run(
    sentinel: RedisSentinel,
) -> None:
    """The URL of a Sentinel is enough; afterwards everything goes on at the new primary."""
    published = Published(sentinel.primary.url, PREFIX)
    user = users_of(1, 1)[0]
    published.change(user, "activity", "low")
    async with TagClient(sentinel.url, prefix=PREFIX) as client:
        assert (await client.tags(user) or {})["activity"].value == "low"
        subscriber = Subscriber(client.follow())
        following = asyncio.create_task(subscriber.run())
        await until(lambda: subscriber.reached(published), following, 10)
        assert any(published.redis.wait(1, 2000) for _ in range(10)), "the replica has it all"
        published.close()
        await asyncio.to_thread(sentinel.fail_over)
        after = Published.joining(published, sentinel.replica.url)
        for partition in range(PARTITIONS):
            after.begin_run(partition)
            after.end_run(partition)
        after.change(user, "activity", "active")
        await until(lambda: subscriber.reached(after), following, 20)
        assert (await client.tags(user) or {})["activity"].value == "active"
        gaps = [begin for begin in subscriber.begins if begin.after]
        assert {gap.partition for gap in gaps} == set(range(PARTITIONS))
        await ended(following)
        after.close()


async def test_clients_of_redis_py_are_taken_as_they_are(
    cluster: RedisCluster, sentinel: RedisSentinel
) -> None:
    """For who has a pool already, or several primaries behind their Sentinels."""
    from redis.asyncio import RedisCluster as AsyncCluster  # noqa: PLC0415 - three of that name

    async with workers(cluster) as written:
        await written.publish("u1")
        async with TagClient(AsyncCluster.from_url(cluster.url), prefix=PREFIX) as client:
            assert await client.tags("u1")
            told = await anext(client.follow())
            assert isinstance(told, Begin)
    published = Published(sentinel.primary.url, PREFIX)
    published.change("u1", "activity", "low")
    untyped: Any = Sentinel  # by redis-py
    sentinels = untyped([("127.0.0.1", sentinel.port)])
    async with TagClient(sentinels.master_for(NAME), prefix=PREFIX) as client:
        assert await client.tags("u1")
    await sentinels.sentinels[0].aclose()
    published.close()
