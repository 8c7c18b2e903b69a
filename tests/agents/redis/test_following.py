"""`follow` against a real Redis that is disturbed in every way while a writer goes on."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest
from redis.exceptions import RedisError

from agents.redis.client import TagClient
from agents.redis.mirror import Mirror
from agents.redis.news import Begin, Change, News, Position
from schemas.changes import TagValue
from tests.agents.published import PARTITIONS, Published, users_of
from tests.servers import GivenRedis, Namespace, RedisServer

TAGS = ("activity", "scale", "region")
VALUES: tuple[TagValue | None, ...] = ("a", "b", "c", True, ["c1", "c2"], None)


class Subscriber:
    """Follows, keeps a mirror, and checks that nothing is left out or told twice."""

    def __init__(self, news: AsyncIterator[News]) -> None:
        self._news = news
        self.mirror = Mirror()
        self.begins = list[Begin]()
        self.changes = list[Change]()

    async def run(self) -> None:
        """Take news without end."""
        async for news in self._news:
            if isinstance(news, Change):
                before = self.mirror.positions[news.partition]
                assert news.position == Position(before.run, before.seq + 1)
                self.changes.append(news)
            elif isinstance(news, Begin):
                self.begins.append(news)
            self.mirror.apply(news)

    def reached(self, published: Published) -> bool:
        """Whether all that was published was told."""
        return self.mirror.positions == {
            partition: Position(published.runs[partition], published.seqs[partition])
            for partition in range(published.partitions)
        }

    def seen(self) -> dict[str, object]:
        """The mirror as the hashes have it."""
        return {
            user: {
                name: {"value": tag.value, "since": tag.since, "seq": tag.seq}
                for name, tag in tags.items()
            }
            for user, tags in self.mirror.users()
        }


async def until(holds: Callable[[], bool], task: "asyncio.Task[None]", within_s: float) -> None:
    """Wait until it holds; the task's error, if it ends instead."""
    async with asyncio.timeout(within_s):
        while not holds():
            if task.done():
                task.result()
            await asyncio.sleep(0.02)


async def ended(task: "asyncio.Task[None]") -> None:
    """Cancel it until it has ended: redis-py loses a cancellation that comes with a reply."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.2)


def something(published: Published, chance: random.Random, users: int) -> None:
    """One change of a random user; now and then an erasure."""
    user = f"u{chance.randrange(users)}"
    if chance.random() < 0.02:
        published.erase(user)
    else:
        published.change(user, chance.choice(TAGS), chance.choice(VALUES))


@pytest.mark.redis
async def test_it_ends_equal_to_redis_after_100_disconnects_a_restart_and_a_flushall(
    own_redis: RedisServer, namespace: Namespace
) -> None:
    """And tells a gap where there was one, and only there: lost connections alone are none."""
    chance = random.Random(7)
    published = Published(own_redis.url, namespace.prefix)
    for _ in range(3000):
        something(published, chance, 1500)
    lost = list[int]()  # how many gaps were told when Redis lost its data

    def anew() -> None:
        """What workers do with a Redis that lost everything."""
        published.set_up()
        for partition in range(PARTITIONS):
            published.begin_run(partition)
        something_else = [p for p in range(PARTITIONS) if chance.random() < 0.5]
        for partition in [*something_else, *set(range(PARTITIONS)).difference(something_else)]:
            published.end_run(partition)

    async def write() -> None:
        for step in range(3000):
            await asyncio.to_thread(something, published, chance, 1500)
            if step % 30 == 17:
                with suppress(RedisError):
                    published.redis.client_kill_filter(_type="normal")
            if step == 1000:
                own_redis.restart()
                lost.append(len(subscriber.begins))
                await asyncio.to_thread(anew)
            if step == 2000:
                own_redis.flush()
                lost.append(len(subscriber.begins))
                await asyncio.to_thread(anew)

    async with TagClient(own_redis.url, prefix=namespace.prefix) as client:
        subscriber = Subscriber(client.follow())
        following = asyncio.create_task(subscriber.run())
        await until(lambda: subscriber.reached(published), following, 10)
        await write()
        await until(lambda: subscriber.reached(published), following, 10)
        await ended(following)
    assert subscriber.seen() == published.read_back()
    reasons = Counter((begin.partition, begin.reason) for begin in subscriber.begins)
    gaps = [begin for begin in subscriber.begins if begin.after is not None]
    assert Counter(begin.partition for begin in gaps) == dict.fromkeys(range(PARTITIONS), 2), (
        reasons
    )
    assert subscriber.changes
    published.close()


@pytest.mark.redis
async def test_a_stream_trimmed_behind_a_slow_reader_is_a_gap_and_a_new_snapshot(
    redis_server: RedisServer | GivenRedis, namespace: Namespace
) -> None:
    """What is kept is not told change by change: the snapshot has it."""
    published = Published(redis_server.url, namespace.prefix)
    user, *others = users_of(2, 50)
    published.change(user, "activity", "a")
    async with TagClient(redis_server.url, prefix=namespace.prefix) as client:
        news = client.follow()
        mirror = Mirror()
        while len(mirror.positions) < PARTITIONS:
            mirror.apply(await anext(news))
        for other in others:
            published.change(other, "activity", "b")
        published.trim(2, keep=10)
        told = await anext(news)
        assert told == Begin(2, "trimmed", Position(published.runs[2], 1))
        mirror.apply(told)
        while mirror.positions[2].seq < 50:
            told = await anext(news)
            assert not isinstance(told, Change)
            mirror.apply(told)
    assert {name for name, _ in mirror.users()} == {user, *others}
    published.close()


@pytest.mark.redis
async def test_it_goes_on_after_a_position_with_no_snapshot_if_nothing_is_missing(
    redis_server: RedisServer | GivenRedis, namespace: Namespace
) -> None:
    """What a service needs that keeps its positions: the next news is the next change."""
    published = Published(redis_server.url, namespace.prefix)
    user = users_of(1, 1)[0]
    for value in "abc":
        published.change(user, "activity", value)
    after = {p: Position(run, 0) for p, run in enumerate(published.runs)}
    after[1] = Position(published.runs[1], 2)
    async with TagClient(redis_server.url, prefix=namespace.prefix) as client:
        told = await anext(client.follow(after))
    assert isinstance(told, Change)
    assert (told.position.seq, told.value.new) == (3, "c")
    published.close()


@pytest.mark.redis
async def test_a_position_of_another_run_is_a_gap(
    redis_server: RedisServer | GivenRedis, namespace: Namespace
) -> None:
    """However well the numbers fit."""
    published = Published(redis_server.url, namespace.prefix)
    after = {p: Position(run, 0) for p, run in enumerate(published.runs)}
    after[3] = Position("another", 0)
    async with TagClient(redis_server.url, prefix=namespace.prefix) as client:
        told = await anext(client.follow(after))
    assert told == Begin(3, "new run", Position("another", 0))
    published.close()


@pytest.mark.redis
async def test_a_snapshot_waits_until_a_new_run_is_built(
    redis_server: RedisServer | GivenRedis, namespace: Namespace
) -> None:
    """Half-written hashes are nobody's tags; the other partitions do not wait."""
    published = Published(redis_server.url, namespace.prefix)
    waiting, other = users_of(0, 1)[0], users_of(1, 1)[0]
    published.change(waiting, "activity", "a")
    published.begin_run(0)
    async with TagClient(redis_server.url, prefix=namespace.prefix) as client:
        subscriber = Subscriber(client.follow())
        following = asyncio.create_task(subscriber.run())
        await until(lambda: len(subscriber.mirror.positions) == PARTITIONS - 1, following, 5)
        published.change(other, "activity", "b")
        await until(lambda: len(subscriber.changes) == 1, following, 5)
        assert subscriber.mirror.tags(waiting) is None
        published.end_run(0)
        await until(lambda: subscriber.reached(published), following, 5)
        assert subscriber.seen() == published.read_back()
        await ended(following)
    published.close()
