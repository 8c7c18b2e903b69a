"""The counts of communities against a recount of all events, however they were moved."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.events import Event, Interaction, Profile
from schemas.topics import TOPICS
from streams.aggregates import set as set_of
from streams.catalogue.load import load
from streams.communities import DAY, POSTS, SPEECH, WEEK, Counts, add
from streams.compiler import communities as compiler
from streams.effects import Effects
from streams.engine import Engine, Partition
from streams.erasures import KEPT_MS

CATALOGUE = """
catalogue: groups
version: 1
currency: CNY
timezone: Asia/Shanghai
measures:
  groups: {set: community_id, add: [join, post], remove: [leave]}
  likes_2d: {count: [like], window: 2d, step: 1d}
tags:
  liked: {dimension: behaviour, when: likes_2d >= 1}
"""
ENGINE = Engine(load(CATALOGUE, "groups.yaml"))
START = 19_000 * DAY
KINDS = ("join", "leave", "post", "share", "comment", "like")
USERS = ("u1", "u2", "u3")
GROUPS = ("c1", "c2", "c3", None)


@dataclass(frozen=True)
class Step:
    """An event this long after the last step and this late, or a tick alone."""

    kind: str | None
    user: str
    group: str | None
    words: str | None
    after_ms: int
    late_ms: int


SPANS = st.sampled_from([0, 1, DAY // 3, DAY, 3 * DAY, 8 * DAY])
STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from([*KINDS, *KINDS, "erase", None]),
        st.sampled_from(USERS),
        st.sampled_from(GROUPS),
        st.sampled_from(["buy", "BUY!", "sell", None]),
        SPANS,
        SPANS,
    ),
    max_size=25,
)


class Life:
    """A partition, what it told, and all events that it had."""

    def __init__(self, engine: Engine) -> None:
        self.partition = engine.partition(0, TOPICS)
        self.told: Counts = {}
        self.events = list[tuple[Event, int]]()  # with the clock at which each was taken
        self.out, self.clock = Effects(), START

    def take(self, number: int, step: Step) -> None:
        """The step, settling what is due before it."""
        self.clock += step.after_ms
        if step.kind is None:
            self._pass()
        else:
            event = self._event(number, step)
            while self.partition.settle(event.time, 1_000, self.out):
                pass
            topic = 2 if step.kind == "erase" else 0
            self.partition.apply(topic, number, event, self.clock, self.out)
            self.events.append((event, self.partition.clock))
        self.tell()

    def tell(self) -> None:
        add(self.told, self.partition.take_counts())

    def end(self) -> None:
        """All deadlines up to the clock are settled."""
        self.clock = max(self.clock, self.partition.clock)
        self._pass()
        self.tell()

    def _pass(self) -> None:
        self.partition.tick(self.clock)
        while self.partition.slice(2, 1_000, self.out):
            pass

    def _event(self, number: int, step: Step) -> Event:
        common: Any = {"id": f"{number:04}", "source": "app", "user_id": step.user}
        common["time"] = self.clock - step.late_ms
        if step.kind == "erase":
            return Profile(type="erase", **common)
        said: Any = {"type": step.kind, "community_id": step.group, "content": step.words}
        return Interaction(**common, **said)


def without_zeros(counts: Counts) -> Counts:
    """Communities with nothing to count are not there."""
    return {community: fields for community, fields in counts.items() if fields}


def recount(life: Life) -> Counts:
    """From all events, at the clock: slow and obvious."""
    today, counts = life.partition.clock // DAY, Counter[tuple[str, str]]()
    for user in USERS:
        mine: list[tuple[Any, int]] = [(e, t) for e, t in life.events if e.user_id == user]
        mine = left_by_erasures(mine)
        members = members_of([e for e, _ in mine])
        spoken, posts, repeated = set(), Counter[Any](), Counter[Any]()
        words = list[tuple[int, str]]()
        for event, at in mine:
            group, day, seen = event.community_id, event.time // DAY, at // DAY
            words = [(d, w) for d, w in words if d > seen - WEEK]
            if event.type not in SPEECH or group is None or day <= seen - WEEK:
                continue
            spoken.add((group, day))
            if event.type not in POSTS:
                continue
            posts[group, day] += 1
            if event.content is not None:
                said = event.content.strip("!").lower()
                repeated[group, day] += said in {w for _, w in words}
                words.append((day, said))
        week = {(group, day) for group, day in spoken if day > today - WEEK}
        for group in members:
            counts[group, "members"] += 1
            counts[group, "speakers"] += any(g == group for g, _ in week)
        for group in {g for g, _ in week}:
            total = sum(posts[g, d] for g, d in week if g == group)
            counts[group, "posts"] += total
            counts[group, "repeated"] += sum(repeated[g, d] for g, d in week if g == group)
            if total:
                counts[group, f"posters:{total}"] += 1
    result: Counts = {}
    for (group, field), number in counts.items():
        add(result, {group: {field: number}})
    return without_zeros(result)


def left_by_erasures(events: list[tuple[Any, int]]) -> list[tuple[Any, int]]:
    """What counts after the last erasure: nothing from before it, nor older events for 30 days."""
    left, erased, until = list[tuple[Any, int]](), -1, -1
    for event, clock in events:
        if event.time < erased and clock < until:
            continue
        if event.type == "erase":
            left, erased, until = [], event.time, clock + KEPT_MS
        else:
            left.append((event, clock))
    return left


def members_of(events: list[Event]) -> set[str]:
    """By event time, ties by id: the last word about each community."""
    members = set()
    for event in sorted(events, key=lambda e: (e.time, e.source, e.id)):
        assert isinstance(event, Interaction)
        if event.type in ("join", "post") and event.community_id is not None:
            members.add(event.community_id)
        if event.type == "leave":
            members.discard(event.community_id or "")
    return members


AT_THE_INSTANT = [Step("post", "u1", "c1", "buy", after, 0) for after in (0, 7 * DAY)]
"""The second post is of the instant at which the day of the first leaves the week."""


@settings(max_examples=300, deadline=None)
@given(STEPS)
@example(AT_THE_INSTANT)
def test_what_was_told_adds_up_to_a_recount_of_all_events(steps: list[Step]) -> None:
    """Late, simultaneous and old events, erased users, weeks that pass: nothing is scanned."""
    life = Life(ENGINE)
    for number, step in enumerate(steps):
        life.take(number, step)
    life.end()
    assert without_zeros(life.told) == recount(life)


@settings(max_examples=150, deadline=None)
@given(
    STEPS,
    st.sampled_from([None, 2 * DAY]),
    st.integers(1, 3),
    st.sampled_from(["join, post", "join, comment", "share"]),
)
def test_at_every_moment_the_users_count_for_what_was_told(
    steps: list[Step], forget_after: int | None, most: int, joining: str
) -> None:
    """Also where users are forgotten, a full set pushes members out, other events join."""
    text = CATALOGUE.replace("join, post", joining)
    if forget_after is not None:
        text = text.replace("meas", "forget_after: 2d\nmeas")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(set_of, "MOST", most)
        patch.setattr(compiler, "MOST", most)
        life = Life(Engine(load(text, "groups.yaml")))
        for number, step in enumerate(steps):
            life.take(number, step)
            if number % 3 == 0:
                life.partition.take_dirty()
            users = life.partition.user_ids()
            assert without_zeros(life.told) == life.partition.counts_of(users)


def test_a_catalogue_without_communities_has_nothing_of_it() -> None:
    text = CATALOGUE.replace("set: community_id", "distinct: community_id")
    text = text.replace("add: [join, post], remove: [leave]", "of: [join]")
    engine = Engine(load(text, "groups.yaml"))
    assert engine.program.counts is None
    for word in ("community", "hits.counts", "spoken"):
        assert word not in engine.source.replace("event.community_id", "")
    assert not {"spoken", "said"} & set(engine.program.state.__struct_fields__)


def test_only_so_many_different_contents_are_remembered() -> None:
    """Words that 32 others came after count as new again."""
    partition, out = ENGINE.partition(0, TOPICS), Effects()

    def say(number: int, words: str) -> None:
        event = Interaction(
            id=str(number),
            source="a",
            type="post",
            user_id="u",
            time=START,
            community_id="c1",
            content=words,
        )
        partition.apply(0, number, event, START, out)

    for number, words in enumerate(["x", "x", *(f"word {n}" for n in range(32)), "x", "word 31"]):
        say(number, words)
    assert partition.take_counts()["c1"]["repeated"] == 2
    assert isinstance(partition, Partition)
