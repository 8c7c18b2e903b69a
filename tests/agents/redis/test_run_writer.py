import json

import pytest

from agents.redis.fenced import Fenced
from agents.redis.links import Links
from agents.redis.run_writer import RunWriter
from agents.session import Call
from schemas.changes import Why
from schemas.journal import Tick
from schemas.topics import TOPICS
from streams.effects import TagState
from tests.agents.redis.bench import NOWHERE, Bench, call, change

pytestmark = pytest.mark.redis


async def test_a_new_run_counts_communities_anew(bench: Bench) -> None:
    session = await bench.session()
    counts = {"c1": {"members": 2}, "gone": {"members": 1}}
    await bench.publisher.publish(session, Call([Tick(5)], [], [], NOWHERE, 5, counts))
    session.run, session.seq = "r2", session.seq + 1_000_000
    await bench.writer.begin_run(session, session.seq)
    await bench.writer.clear_users(session)
    many = {f"c{n}": {"members": n, "posts": 1} for n in range(1, 700)}
    await bench.writer.put_communities(session, many)
    await bench.writer.end_run(session)
    assert await bench.owned.communities(session) == many


async def test_a_new_run_forgets_users_it_does_not_know(bench: Bench) -> None:
    session = await bench.session()
    await bench.publisher.publish(session, call(change("gone")))
    session.run, session.seq = "r2", session.seq + 1_000_000
    await bench.writer.begin_run(session, session.seq)
    assert bench.meta()["building"] == "1"
    await bench.writer.clear_users(session)
    state = TagState(value=True, since=4, why=Why("likes >= 1", {"likes": 2}))
    await bench.writer.put_users(session, [("u9", {"fan": state})])
    await bench.writer.end_run(session)
    assert not bench.redis.exists(bench.keys.user(0, "gone"))
    shown = json.loads(bench.redis.hget(bench.keys.user(0, "u9"), "fan") or "")
    assert shown == {"value": True, "since": 4, "seq": session.seq}
    assert "building" not in bench.meta()


async def test_a_new_run_describes_the_deployment_anew(bench: Bench) -> None:
    """FLUSHALL takes that along, and no reader would find the partitions."""
    described = {"partitions": "4", "format": "1", "catalogue": "small@1"}
    fenced = Fenced(Links(lambda: bench.link), bench.told.append)
    bench.writer = RunWriter(fenced, bench.keys, TOPICS, described)
    await bench.session()
    assert bench.redis.hgetall(bench.keys.meta) == described
    bench.redis.delete(bench.keys.meta, bench.keys.partition_meta(0))
    await bench.session()
    assert bench.redis.hgetall(bench.keys.meta) == described
