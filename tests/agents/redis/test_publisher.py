import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis import Redis

from agents.redis.keys import Keys
from agents.redis.link import Link
from agents.redis.links import Links
from agents.redis.publisher import PUBLISH, Publisher
from agents.session import Call, Lost, Session
from schemas.changes import ExpiryCause, TagChange, Why
from schemas.journal import Tick
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.communities import Counts
from streams.effects import TagState
from streams.engine import Engine
from tests.servers import GivenRedis, Namespace, RedisServer

pytestmark = pytest.mark.redis

SMALL = """
catalogue: small
version: 1
currency: CNY
timezone: Asia/Shanghai
measures:
  likes: {count: [like]}
tags:
  fan:
    dimension: behaviour
    when: likes >= 1
"""
ENGINE = Engine(load(SMALL, "small.yaml"))
NOWHERE = (0,) * len(TOPICS)


class Bench:
    """A publisher on a real Redis, and a session that has begun its first run."""

    def __init__(self, url: str, prefix: str) -> None:
        self.keys = Keys(prefix)
        self.redis: Any = Redis.from_url(url, decode_responses=True)
        self.link = Link(url)
        self.told: list[str | None] = []
        self.publisher = Publisher(
            Links(lambda: self.link), self.keys, TOPICS, 100_000, self.told.append
        )

    async def session(self, epoch: int = 7, partition: int = 0) -> Session:
        claimed = await self.publisher.claim(partition, epoch, lambda: True)
        session = Session(
            partition=partition,
            state=ENGINE.partition(partition, TOPICS),
            epoch=epoch,
            run="r1",
            server=claimed.server,
            calls=int(claimed.meta.get("calls", "0")),
            seq=0,
            alert_seq=0,
            positions=NOWHERE,
            changelog_end=epoch + 1,
        )
        await self.publisher.begin_run(session, 1)
        await self.publisher.end_run(session)
        return session

    def meta(self) -> dict[str, Any]:
        return dict(self.redis.hgetall(self.keys.partition_meta(0)))


@pytest.fixture
async def bench(
    redis_server: RedisServer | GivenRedis, namespace: Namespace
) -> AsyncIterator[Bench]:
    bench = Bench(redis_server.url, namespace.prefix)
    yield bench
    await bench.link.close()
    bench.redis.close()


def change(user: str, tag: str | None = "fan", *, new: bool | None = True) -> TagChange:
    why = Why("likes >= 1", {"likes": 1}) if tag else None
    return TagChange(0, user, tag, None, new, 5, ExpiryCause(), why, "small@1")


def call(*changes: TagChange, positions: tuple[int, ...] = NOWHERE) -> Call:
    return Call([Tick(5)], list(changes), [], positions, 5)


async def test_hash_stream_journal_and_positions_change_together(bench: Bench) -> None:
    session = await bench.session()
    await bench.publisher.publish(session, call(change("u1"), positions=(3, 0, 0, 0, 0)))
    shown = json.loads(bench.redis.hget(bench.keys.user(0, "u1"), "fan") or "")
    assert shown == {"value": True, "since": 5, "seq": 1}
    why = json.loads(bench.redis.hget(bench.keys.why(0, "u1"), "fan") or "")
    assert why == {"rule": "likes >= 1", "measures": {"likes": 1}}
    ((entry_id, fields),) = bench.redis.xrange(bench.keys.changes(0))
    assert entry_id == "1-0"
    assert json.loads(fields["data"])["seq"] == 1
    assert bench.meta()["pos:interactions"] == "3"
    assert json.loads(bench.redis.lindex(bench.keys.journal(0), 0) or "")["e"] == [["tick", 5]]


async def test_a_tag_that_goes_leaves_both_hashes_and_an_erased_user_all(bench: Bench) -> None:
    session = await bench.session()
    await bench.publisher.publish(session, call(change("u1"), change("u2")))
    await bench.publisher.publish(
        session, call(change("u1", new=None), change("u2", tag=None, new=None))
    )
    for user in ("u1", "u2"):
        assert not bench.redis.exists(bench.keys.user(0, user), bench.keys.why(0, user))
    assert bench.redis.xlen(bench.keys.changes(0)) == 4


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("epoch", "8", "fenced"),
        ("epoch", None, "fenced"),
        ("run", "r2", "other run"),
        ("run", None, "other run"),
        ("calls", "9", "other call"),
        ("calls", None, "other call"),
        ("building", "1", "building"),
    ],
)
async def test_any_difference_in_meta_refuses_the_call(
    bench: Bench, field: str, value: str | None, reason: str
) -> None:
    """Epoch, run and number are compared for equality; a missing field refuses too."""
    session = await bench.session()
    key = bench.keys.partition_meta(0)
    if value is None:
        bench.redis.hdel(key, field)
    else:
        bench.redis.hset(key, field, value)
    with pytest.raises(Lost, match=reason):
        await bench.publisher.publish(session, call(change("u1")))
    assert not bench.redis.exists(bench.keys.user(0, "u1"), bench.keys.changes(0))


async def test_the_same_call_again_is_answered_as_done_and_changes_nothing(bench: Bench) -> None:
    """A repeat after a time-out carries the same id."""
    session = await bench.session()
    await bench.publisher.publish(session, call(change("u1")))
    bench.redis.hdel(bench.keys.user(0, "u1"), "fan")
    before = bench.meta()
    bench.redis.hset(bench.keys.partition_meta(0), "call_id", "same")
    key = bench.keys.partition_meta(0)
    answer = await bench.link.run(PUBLISH, [key], [7, "r1", 1, "same"], session.server)
    assert answer == b"ok"
    assert bench.meta() == before | {"call_id": "same"}


async def test_counts_of_communities_move_with_the_call(bench: Bench) -> None:
    """A field that comes to 0 goes, and so do a hash without fields and its place in the index."""
    session = await bench.session()

    async def move(counts: Counts) -> None:
        await bench.publisher.publish(session, Call([Tick(5)], [], [], NOWHERE, 5, counts))

    await move({"c1": {"members": 2, "posts": 1}, "c2": {"members": 1}, "c3": {}})
    await move({"c1": {"members": -1, "posts": -1}, "c2": {"members": -1}})
    assert bench.redis.hgetall(bench.keys.community(0, "c1")) == {"members": "1"}
    assert not bench.redis.exists(bench.keys.community(0, "c2"))
    assert bench.redis.smembers(bench.keys.communities(0)) == {"c1"}
    assert await bench.publisher.communities(session) == {"c1": {"members": 1}}
    await move({"c1": {"members": -1}})
    assert not bench.redis.exists(bench.keys.communities(0))


async def test_a_new_run_counts_communities_anew(bench: Bench) -> None:
    session = await bench.session()
    counts = {"c1": {"members": 2}, "gone": {"members": 1}}
    await bench.publisher.publish(session, Call([Tick(5)], [], [], NOWHERE, 5, counts))
    session.run, session.seq = "r2", session.seq + 1_000_000
    await bench.publisher.begin_run(session, session.seq)
    await bench.publisher.clear_users(session)
    many = {f"c{n}": {"members": n, "posts": 1} for n in range(1, 700)}
    await bench.publisher.put_communities(session, many)
    await bench.publisher.end_run(session)
    assert await bench.publisher.communities(session) == many


async def test_a_lower_epoch_cannot_claim(bench: Bench) -> None:
    await bench.session(epoch=9)
    with pytest.raises(Lost, match="epoch 8"):
        await bench.publisher.claim(0, 8, lambda: True)


async def test_a_trim_forgets_covered_entries_by_number(bench: Bench) -> None:
    session = await bench.session()
    for _ in range(5):
        await bench.publisher.publish(session, call())
    await bench.publisher.trim(session, session.calls - 2)
    left = [json.loads(e)["n"] for e in bench.redis.lrange(bench.keys.journal(0), 0, -1)]
    assert left == [session.calls - 1, session.calls]
    await bench.publisher.trim(session, session.calls - 2)
    assert bench.redis.llen(bench.keys.journal(0)) == 2


async def test_a_new_run_forgets_users_it_does_not_know(bench: Bench) -> None:
    session = await bench.session()
    await bench.publisher.publish(session, call(change("gone")))
    session.run, session.seq = "r2", session.seq + 1_000_000
    await bench.publisher.begin_run(session, session.seq)
    assert bench.meta()["building"] == "1"
    await bench.publisher.clear_users(session)
    state = TagState(value=True, since=4, why=Why("likes >= 1", {"likes": 2}))
    await bench.publisher.put_users(session, [("u9", {"fan": state})])
    await bench.publisher.end_run(session)
    assert not bench.redis.exists(bench.keys.user(0, "gone"))
    shown = json.loads(bench.redis.hget(bench.keys.user(0, "u9"), "fan") or "")
    assert shown == {"value": True, "since": 4, "seq": session.seq}
    assert "building" not in bench.meta()


async def test_another_server_behind_the_address_ends_the_session(
    own_redis: RedisServer, namespace: Namespace
) -> None:
    """A failover counts as a loss, even if positions look right."""
    bench = Bench(own_redis.url, namespace.prefix)
    session = await bench.session()
    own_redis.restart()
    with pytest.raises(Lost, match="not"):
        await bench.publisher.publish(session, call(change("u1")))
    assert bench.told[0] is not None
    await bench.link.close()
    bench.redis.close()


async def test_a_call_waits_while_redis_is_frozen_and_takes_effect_once(
    own_redis: RedisServer, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time-out leaves open whether the call arrived: the same call goes out again."""
    monkeypatch.setattr("agents.redis.link._TIMEOUT_S", 0.3)
    bench = Bench(own_redis.url, namespace.prefix)
    session = await bench.session()
    own_redis.pause()
    publishing = asyncio.create_task(bench.publisher.publish(session, call(change("u1"))))
    await asyncio.sleep(1.0)
    own_redis.resume()
    await publishing
    assert bench.redis.xlen(bench.keys.changes(0)) == 1
    assert bench.told[-1] is None
    await bench.link.close()
    bench.redis.close()


async def test_a_new_run_describes_the_deployment_anew(bench: Bench) -> None:
    """FLUSHALL takes that along, and no reader would find the partitions."""
    described = {"partitions": "4", "format": "1", "catalogue": "small@1"}
    links = Links(lambda: bench.link)
    bench.publisher = Publisher(links, bench.keys, TOPICS, 0, bench.told.append, described)
    await bench.session()
    assert bench.redis.hgetall(bench.keys.meta) == described
    bench.redis.delete(bench.keys.meta, bench.keys.partition_meta(0))
    await bench.session()
    assert bench.redis.hgetall(bench.keys.meta) == described
