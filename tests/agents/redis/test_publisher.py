import json

import pytest

from agents.redis.lua import PUBLISH
from agents.session import Call, Lost
from schemas.changes import TagValue, encode_change
from schemas.journal import Tick
from streams.communities import Counts
from tests.agents.redis.bench import NOWHERE, Bench, call, change

pytestmark = pytest.mark.redis


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


async def test_many_changes_of_any_text_arrive_as_the_readers_of_hash_and_stream_expect(
    bench: Bench,
) -> None:
    """They travel as lengths and one long text: lengths are of bytes, numbers have no exponent."""
    session = await bench.session()
    session.seq = first = 2**50
    values: list[TagValue | None] = ["", "小微", 'a "quoted" one', ["c1", "文"], None]
    changes = [change(f"用户{n % 7}", tag=f"t{n % 5}", new=values[n % 5]) for n in range(300)]
    await bench.publisher.publish(session, call(*changes))
    entries = bench.redis.xrange(bench.keys.changes(0))
    assert [entry_id for entry_id, _ in entries] == [f"{first + n}-0" for n in range(1, 301)]
    expected: dict[str, dict[str, object]] = {}
    for (_, fields), sent in zip(entries, changes, strict=True):
        assert fields["data"] == encode_change(sent).decode()
        tags = expected.setdefault(sent.user_id, {})
        tags.pop(str(sent.tag), None)
        if sent.new is not None:
            tags[str(sent.tag)] = {"value": sent.new, "since": sent.time, "seq": sent.seq}
    for user, tags in expected.items():
        held = bench.redis.hgetall(bench.keys.user(0, user))
        assert {tag: json.loads(shown) for tag, shown in held.items()} == tags
        assert bench.redis.hkeys(bench.keys.why(0, user)) == list(held)


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
    assert await bench.owned.communities(session) == {"c1": {"members": 1}}
    await move({"c1": {"members": -1}})
    assert not bench.redis.exists(bench.keys.communities(0))


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
