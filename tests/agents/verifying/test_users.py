"""`Comparing` against a Redis of dictionaries that workers go on writing to."""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import decode, encode

from agents.commands.verify import as_json
from agents.redis.explained import UNREADABLE
from agents.redis.news import Position
from agents.redis.server import Meta
from agents.redis.sweep import Interrupted
from agents.redis.tags import Fields
from agents.verifying.users import Comparing
from agents.verifying.verdict import Difference, Verdict, WrongWhy
from schemas.changes import TagChange, TagValue, Why
from streams.catalogue.load import load
from streams.engine import Engine
from streams.rulebook import Rulebook
from tests.agents.redis.test_follow import KEYS, USERS, FakeRedis, PartitionData

BUSY, STILL = USERS[:3], USERS[3:]
TAGS, VALUES = ("t", "u", "v"), ("x", "y", None)
P = 0
Tags = dict[str, tuple[TagValue, int]]
CATALOGUE = load(
    """
catalogue: c
version: 1
currency: CNY
timezone: UTC
measures: {likes: {count: [like]}}
tags:
  t: {values: {x: likes >= 2, y: likes >= 1, n: else}}
  u: {values: {x: likes >= 2, y: likes >= 1, n: else}}
  v: {values: {x: likes >= 2, y: likes >= 1, n: else}}
""",
    "test",
)
RULES = Rulebook(CATALOGUE, Engine(CATALOGUE).program.layout.described)


class Explaining(FakeRedis):
    """One with `why` hashes, which change in the same call as tags do."""

    def __init__(self) -> None:
        super().__init__()
        self.whys: dict[str, dict[str, bytes]] = {}

    def _append(self, data: PartitionData, change: TagChange) -> None:
        if change.tag is None:
            self.whys.pop(change.user_id, None)
        else:
            whys = self.whys.setdefault(change.user_id, {})
            whys.pop(change.tag, None)
            change.why = Why("what it was", {})
            if change.new is not None:
                text = RULES.text(change.tag, change.new)
                change.why = Why(text, {"likes": change.seq})
                whys[change.tag] = encode(change.why)
            if not whys:
                del self.whys[change.user_id]
        super()._append(data, change)

    async def scan(self, cursor: int, match: str) -> tuple[int, Sequence[bytes]]:
        """Every `why` hash again on every page: SCAN may."""
        following, keys = await super().scan(cursor, match)
        return following, [*keys, *(KEYS.why(P, user).encode() for user in self.whys)]

    async def read(
        self, partitions: Sequence[int], keys: Sequence[bytes]
    ) -> tuple[Mapping[int, Meta], Sequence[Fields]]:
        before = KEYS.why(P, "").encode()
        users = [key for key in keys if not key.startswith(before)]
        whys = [key[len(before) :].decode() for key in keys if key.startswith(before)]
        metas, fields = await super().read(partitions, users)
        every = [self.whys.get(user, {}) for user in whys]
        return metas, [*fields, *({t.encode(): w for t, w in one.items()} for one in every)]


class State:
    """A partition's state, as far as it is asked."""

    def __init__(self, held: dict[str, Tags]) -> None:
        self.held = {user: dict(tags) for user, tags in held.items()}

    @property
    def users(self) -> int:
        return len(self.held)

    def user_ids(self) -> Iterable[str]:
        return iter(self.held)

    def shown_and_said(self, user: str) -> tuple[Tags, dict[str, str]]:
        return self.held.get(user, {}), {}


def held(redis: FakeRedis) -> dict[str, Tags]:
    """What Redis shows of everybody."""
    return {
        user: {tag: (found.value, found.since) for tag, found in redis.tags(P, user).items()}
        for user in redis.partitions[P].users
    }


def position(redis: FakeRedis) -> Position:
    """That of a state that covers all that was published so far."""
    data = redis.partitions[P]
    return Position(data.run or "", data.seq)


def change(redis: FakeRedis, chance: random.Random, users: tuple[str, ...] = USERS) -> None:
    """Something happens to somebody."""
    if chance.random() < 0.15:
        redis.erase(P, chance.choice(users))
    else:
        redis.change(P, chance.choice(users), chance.choice(TAGS), chance.choice(VALUES))


def whys_of(redis: Explaining, user: str) -> dict[str, str]:
    """The rule that explains each tag."""
    return {tag: rule_in(why) or "" for tag, why in redis.whys.get(user, {}).items()}


def rule_in(why: bytes | str | None) -> str | None:
    """Without figures: what differs since the checkpoint is told with them."""
    if isinstance(why, bytes):
        return decode(why, type=Why).rule
    return None if why is None else why.partition(" (")[0]


def damage_whys(redis: Explaining, chance: random.Random, user: str) -> None:
    """One is gone, says something else, or explains what is not there; or nothing happens."""
    whys, tag = redis.whys.setdefault(user, {}), chance.choice(TAGS)
    match chance.choice(("gone", "other", "nothing")):
        case "gone":
            whys.pop(tag, None)
        case "other":
            whys[tag] = encode(Why("likes >= 7", {"likes": 0}))
    if not whys:
        del redis.whys[user]


def compared(redis: Explaining, state: State, covered: Position) -> Verdict:
    """The verdict about the partition."""
    untyped: Any = state
    verdict = Verdict(P, most=1_000)
    comparing = Comparing(untyped, RULES, KEYS, verdict, 0.0)
    asyncio.run(comparing.run(redis, covered, lambda _: None))
    return verdict


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(STILL), max_size=2, unique=True))
def test_what_was_damaged_is_found_and_nothing_else(seed: int, damaged: list[str]) -> None:
    """However much workers published since the checkpoint and publish meanwhile.

    A user's tags are damaged, and their explanations too: each is told by itself.
    """
    chance, redis = random.Random(seed), Explaining()
    for _ in range(chance.randrange(30)):
        change(redis, chance)
    state, covered = State(held(redis)), position(redis)
    for _ in range(chance.randrange(20)):
        change(redis, chance)
    right, users = held(redis), redis.partitions[P].users
    for user in damaged:
        wrong = {
            tag: encode({"value": "z", "since": 0, "seq": 1})
            for tag in chance.choice(([], ["t"], ["t", "v"]))
        }
        users.pop(user, None)
        if wrong:
            users[user] = wrong
    now, whys = held(redis), {user: whys_of(redis, user) for user in damaged}
    for user in damaged:
        damage_whys(redis, chance, user)
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
    wrong_whys = {
        (user, tag, whys[user].get(tag), whys_of(redis, user).get(tag))
        for user in damaged
        for tag in TAGS
        if whys[user].get(tag) != whys_of(redis, user).get(tag)
    }
    told = {(w.user_id, w.tag, rule_in(w.state), rule_in(w.redis)) for w in verdict.whys}
    assert told == wrong_whys
    number = len(expected) + len(wrong_whys)
    assert (verdict.found, verdict.is_right) == (number, not number)


def test_another_run_is_no_matter_of_single_tags() -> None:
    redis = Explaining()
    redis.change(P, "a", "t", "x")
    state, covered = State(held(redis)), position(redis)
    redis.begin_run(P, from_one=False)
    redis.end_run(P, ["a"])
    with pytest.raises(Interrupted, match="new run"):
        compared(redis, state, covered)


def test_a_stream_that_was_cut_cannot_tell_what_changed() -> None:
    redis = Explaining()
    redis.change(P, "a", "t", "x")
    state, covered = State(held(redis)), position(redis)
    for value in "xyx":
        redis.change(P, "a", "t", value)
    redis.trim(P, keep=1)
    with pytest.raises(Interrupted, match="trimmed"):
        compared(redis, state, covered)


def test_a_rate_holds_it_back() -> None:
    """Two users at 20 a second take a tenth of a second."""
    redis = Explaining()
    for user in ("a", "b"):
        redis.change(P, user, "t", "x")
    untyped: Any = State(held(redis))
    comparing = Comparing(untyped, RULES, KEYS, Verdict(P, 10), rate=20.0)

    async def took() -> float:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await comparing.run(redis, position(redis), lambda _: None)
        return loop.time() - begun

    assert asyncio.run(took()) >= 0.1


def test_what_cannot_be_decoded_is_a_difference_and_no_error() -> None:
    """A tag that is no JSON, one without `since`, and a `why` that is none."""
    redis = Explaining()
    for tag in TAGS:
        redis.change(P, "a", tag, "x")
    state, covered = State(held(redis)), position(redis)
    redis.partitions[P].users["a"] |= {"t": b"{", "u": encode({"value": "x"})}
    redis.whys["a"]["v"] = b"[]"
    verdict = compared(redis, state, covered)
    assert [(one.tag, one.redis) for one in verdict.differences] == [("t", None), ("u", None)]
    assert [(one.tag, one.redis) for one in verdict.whys] == [("v", UNREADABLE)]


def test_a_why_without_a_user_is_found() -> None:
    redis = Explaining()
    redis.whys["e"] = {"t": encode(Why("likes >= 2", {"likes": 2}))}
    verdict = compared(redis, State({}), position(redis))
    assert verdict.whys == [WrongWhy(P, "e", "t", None, "likes >= 2")]


def test_other_figures_are_no_difference_unless_the_change_is_known() -> None:
    """A new run explains anew, at its own clock; since then a `why` is what its change said."""
    redis = Explaining()
    redis.change(P, "a", "t", "x")
    state, covered = State(held(redis)), position(redis)
    redis.change(P, "a", "u", "y")
    redis.whys["a"] |= {"t": encode(Why("likes >= 2", {"likes": 77}))}
    assert compared(redis, state, covered).is_right
    redis.whys["a"] |= {"u": encode(Why("likes >= 1", {"likes": 77}))}
    (found,) = compared(redis, state, covered).whys
    assert (found.state, found.redis) == ("likes >= 1 (likes = 2)", "likes >= 1 (likes = 77)")


def test_more_differences_than_are_listed_are_counted() -> None:
    """Of each kind as many are listed."""
    verdict = Verdict(3, most=1)
    verdict.add("a", {"t": ("x", 1)}, {"t": ("x", 2), "u": (True, 3)})
    for tag in TAGS:
        verdict.add_why("a", tag, "likes >= 1", None)
    verdict.add_counts("c1", {"members": 2}, {"members": 1, "posts": 4})
    assert verdict.found == 2 + 3 + 2
    assert verdict.differences == [Difference(3, "a", "t", ("x", 1), ("x", 2))]
    verdict.why_not = "whatever"
    assert as_json([verdict]) == {
        "users": 1,
        "communities": 1,
        "found": 7,
        "differences": [
            {
                "partition": 3,
                "user_id": "a",
                "tag": "t",
                "state": {"value": "x", "since": 1},
                "redis": {"value": "x", "since": 2},
            }
        ],
        "whys": [
            {"partition": 3, "user_id": "a", "tag": "t", "state": "likes >= 1", "redis": None}
        ],
        "counts": [
            {"partition": 3, "community_id": "c1", "field": "members", "state": 2, "redis": 1}
        ],
        "not_compared": [{"partition": 3, "why": "whatever"}],
    }
