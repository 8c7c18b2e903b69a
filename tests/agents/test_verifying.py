"""`Comparing` against a Redis of dictionaries that workers go on writing to."""

import asyncio
import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import encode

from agents.commands.verify import as_json
from agents.redis.sweep import Interrupted
from agents.verifying import Comparing, Difference, Verdict
from schemas.changes import TagValue
from schemas.records import Checkpoint
from tests.agents.redis.test_follow import KEYS, USERS, FakeRedis

BUSY, STILL = USERS[:3], USERS[3:]
TAGS, VALUES = ("t", "u", "v"), ("x", "y", None)
P = 0
Tags = dict[str, tuple[TagValue, int]]


class State:
    """A partition's state, as far as it is asked."""

    def __init__(self, held: dict[str, Tags]) -> None:
        self.held = {user: dict(tags) for user, tags in held.items()}

    @property
    def users(self) -> int:
        return len(self.held)

    def user_ids(self) -> Iterable[str]:
        return iter(self.held)

    def shown(self, user: str) -> Tags:
        return self.held.get(user, {})


def held(redis: FakeRedis) -> dict[str, Tags]:
    """What Redis shows of everybody."""
    return {
        user: {tag: (found.value, found.since) for tag, found in redis.tags(P, user).items()}
        for user in redis.partitions[P].users
    }


def checkpoint(redis: FakeRedis) -> Checkpoint:
    """One that covers all that was published so far."""
    data = redis.partitions[P]
    numbers: dict[str, Any] = {"calls": 0, "alert_seq": 0, "clock": 0, "ticked": 0}
    rest: dict[str, Any] = {"positions": (), "origins": {}, "catalogue": "c@1"}
    return Checkpoint(run=data.run or "", seq=data.seq, **numbers, **rest)


def change(redis: FakeRedis, chance: random.Random, users: tuple[str, ...] = USERS) -> None:
    """Something happens to somebody."""
    if chance.random() < 0.15:
        redis.erase(P, chance.choice(users))
    else:
        redis.change(P, chance.choice(users), chance.choice(TAGS), chance.choice(VALUES))


def compared(redis: FakeRedis, state: State, covered: Checkpoint) -> Verdict:
    """The verdict about the partition."""
    untyped: Any = state
    verdict = Verdict(P, most=1_000)
    comparing = Comparing(untyped, KEYS, verdict, 0.0)
    asyncio.run(comparing.run(redis, covered, lambda _: None))
    return verdict


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(STILL), max_size=2, unique=True))
def test_what_was_damaged_is_found_and_nothing_else(seed: int, damaged: list[str]) -> None:
    """However much workers published since the checkpoint and publish meanwhile."""
    chance, redis = random.Random(seed), FakeRedis()
    for _ in range(chance.randrange(30)):
        change(redis, chance)
    state, covered = State(held(redis)), checkpoint(redis)
    for _ in range(chance.randrange(20)):
        change(redis, chance)
    right, users = held(redis), redis.partitions[P].users
    for user in damaged:
        wrong = {tag: encode({"value": "z", "since": 0, "seq": 1}) for tag in chance.choice(
            ([], ["t"], ["t", "v"])
        )}  # fmt: skip
        users.pop(user, None)
        if wrong:
            users[user] = wrong
    now = held(redis)
    redis.act = lambda: change(redis, chance, BUSY) if chance.random() < 0.5 else None
    expected = {
        (user, tag, right.get(user, {}).get(tag), now.get(user, {}).get(tag))
        for user in damaged
        for tag in TAGS
        if right.get(user, {}).get(tag) != now.get(user, {}).get(tag)
    }
    verdict = compared(redis, state, covered)
    found = {(d.user_id, d.tag, d.state, d.redis) for d in verdict.differences}
    assert found == expected
    assert (verdict.found, verdict.is_right) == (len(expected), not expected)


def test_another_run_is_no_matter_of_single_tags() -> None:
    redis = FakeRedis()
    redis.change(P, "a", "t", "x")
    state, covered = State(held(redis)), checkpoint(redis)
    redis.begin_run(P, from_one=False)
    redis.end_run(P, ["a"])
    with pytest.raises(Interrupted, match="new run"):
        compared(redis, state, covered)


def test_a_stream_that_was_cut_cannot_tell_what_changed() -> None:
    redis = FakeRedis()
    redis.change(P, "a", "t", "x")
    state, covered = State(held(redis)), checkpoint(redis)
    for value in "xyz":
        redis.change(P, "a", "t", value)
    redis.trim(P, keep=1)
    with pytest.raises(Interrupted, match="trimmed"):
        compared(redis, state, covered)


def test_a_rate_holds_it_back() -> None:
    """Two users at 20 a second take a tenth of a second."""
    redis = FakeRedis()
    for user in ("a", "b"):
        redis.change(P, user, "t", "x")
    untyped: Any = State(held(redis))
    comparing = Comparing(untyped, KEYS, Verdict(P, 10), rate=20.0)

    async def took() -> float:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await comparing.run(redis, checkpoint(redis), lambda _: None)
        return loop.time() - begun

    assert asyncio.run(took()) >= 0.1


def test_more_differences_than_are_listed_are_counted() -> None:
    verdict = Verdict(3, most=1)
    verdict.add("a", {"t": ("x", 1)}, {"t": ("x", 2), "u": (True, 3)})
    assert verdict.found == 2
    assert verdict.differences == [Difference(3, "a", "t", ("x", 1), ("x", 2))]
    verdict.why_not = "whatever"
    said = as_json([verdict])
    assert (said["users"], said["found"]) == (1, 2)
    assert said["not_compared"] == [{"partition": 3, "why": "whatever"}]
    assert said["differences"] == [
        {
            "partition": 3,
            "user_id": "a",
            "tag": "t",
            "state": {"value": "x", "since": 1},
            "redis": {"value": "x", "since": 2},
        }
    ]
