"""A changed catalogue keeps what it can of the state, begins the rest, and says what differs."""

from collections.abc import Mapping
from typing import Any

import pytest

from schemas.changes import CatalogueCause
from schemas.events import Event, Interaction, Profile
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.catalogue.model import Measure
from streams.compiler.layout import Described, decode_layout
from streams.effects import Effects
from streams.engine import Engine, Partition

HEAD = "catalogue: small\nversion: 1\ncurrency: CNY\ntimezone: UTC\n"


def restored(
    engine: Engine, rows: Mapping[str, bytes | None], layouts: Mapping[int, Described]
) -> Partition:
    """A partition of these rows."""
    partition = engine.partition(0, TOPICS)
    for user, row in rows.items():
        partition.load(user, row)
    partition.loaded(layouts)
    return partition


def layouts_of(*engines: Engine) -> dict[int, Described]:
    """What the changelog says of their layouts."""
    return {engine.layout: decode_layout(engine.description) for engine in engines}


def adopt_all(partition: Partition, layout: int, shown: Partition, out: Effects) -> None:
    """The catalogue is adopted, from what another partition shows."""
    partition.predecessors.begin(layout, partition.clock)
    for user in partition.all_users():
        tags = {tag: (s.value, s.since) for tag, s in shown.snapshot(user).items()}
        partition.adopt(user, tags, out)


BEFORE = (
    HEAD
    + """
measures:
  likes: {count: [like], window: 4s, step: 1s}
  ever: {count: [like]}
tags:
  mood: {dimension: behaviour, values: {warm: likes >= 2, cold: else}}
  fan: {dimension: behaviour, when: ever >= 3}
"""
)
AFTER = (
    HEAD.replace("version: 1", "version: 2")
    + """
measures:
  likes: {count: [like], window: 4s, step: 1s}
  lately: {count: [like], window: 6s, step: 2s}
  days: {count: [like], window: 10s, step: 10s}
tags:
  mood: {dimension: behaviour, values: {hot: likes >= 2, cold: else}}
  keen: {dimension: behaviour, when: lately >= 1}
  both: {dimension: composite, when: keen and mood == 'hot'}
"""
)


def like(number: int, time: int, user: str = "u1") -> Event:
    return Interaction(id=f"e{number}", source="app", type="like", user_id=user, time=time)


def moved(before: str, after: str, *times: int, shown: bool = True) -> tuple[Partition, Effects]:
    """Likes at these times under one catalogue, then the other is adopted."""
    old, new = Engine(load(before, "before.yaml")), Engine(load(after, "after.yaml"))
    partition, out = old.partition(0, TOPICS), Effects()
    for number, time in enumerate(times):
        partition.apply(0, number, like(number, time), time, out)
    out.changes.clear()
    again = restored(new, dict(partition.take_dirty()), layouts_of(old))
    again.clock, again.ticked = partition.clock, partition.ticked
    if shown:
        adopt_all(again, old.layout, partition, out)
    else:
        again.predecessors.begin(old.layout, again.clock)
        again.adopt("u1", None, out)
    return again, out


def test_what_did_not_change_is_kept_the_rest_begins_and_removed_tags_go() -> None:
    """All with cause `catalogue`, at the clock, under the new catalogue's name."""
    partition, out = moved(BEFORE, AFTER, 1_000, 2_000, 2_100)
    assert [(c.tag, c.old, c.new, c.time) for c in out.changes] == [
        ("mood", "warm", "hot", 2_100),
        ("fan", True, None, 2_100),
    ]
    assert {c.cause for c in out.changes} == {CatalogueCause()}
    assert {c.catalogue for c in out.changes} == {"small@2"}
    assert partition.predecessors.counted_since == {"lately": 2_100, "days": 2_100}
    (mood,) = partition.snapshot("u1").items()
    assert mood[1].why.measures == {"likes": 3}


def test_before_a_new_run_the_row_says_what_was_shown() -> None:
    """Redis has lost it; `since` stays where the value can stay."""
    same = AFTER.replace("hot", "warm")
    for catalogue, since in ((AFTER, 2_100), (same, 2_000)):
        partition, _ = moved(BEFORE, catalogue, 1_000, 2_000, 2_100, shown=False)
        (mood,) = partition.snapshot("u1").values()
        assert mood.since == since


def test_what_rests_on_a_window_that_is_not_full_says_so() -> None:
    """Directly or through another tag, until the window covers nothing from before."""
    partition, out = moved(BEFORE, AFTER, 1_000, 2_100)
    out.changes.clear()
    partition.apply(0, 7, like(7, 3_000), 3_000, out)
    assert [(c.tag, c.why and c.why.warming) for c in out.changes] == [
        ("keen", True),
        ("both", True),
    ]
    assert not partition.snapshot("u1")["mood"].why.warming
    partition.tick(7_999)  # buckets 2 and 3 of 2 s: the first began before 2,100
    assert partition.snapshot("u1")["keen"].why.warming
    partition.tick(8_000)
    assert not partition.snapshot("u1")["keen"].why.warming


def test_a_value_that_is_no_more_goes_once() -> None:
    """Where nothing takes its place, too; tags in their order, then those that are no more."""
    less = AFTER.replace("values: {hot: likes >= 2, cold: else}", "values: {hot: likes >= 9}")
    _, out = moved(BEFORE, less, 1_000, 1_100, 1_200)
    assert [(c.tag, c.old, c.new) for c in out.changes] == [
        ("mood", "warm", None),
        ("fan", True, None),
    ]


def test_an_unchanged_catalogue_changes_nothing() -> None:
    partition, out = moved(BEFORE, BEFORE, 1_000, 2_000)
    assert (out.changes, partition.predecessors.counted_since, partition.predecessors.layouts) == (
        [],
        {},
        set(),
    )


def test_a_correction_stays_where_the_tag_can_have_it() -> None:
    """And goes with a tag or value that is no more."""
    old, new = Engine(load(BEFORE, "before.yaml")), Engine(load(AFTER, "after.yaml"))
    partition, out = old.partition(0, TOPICS), Effects()
    partition.apply(0, 0, like(0, 1_000), 0, out)
    words: list[tuple[str, str, str | bool]] = [
        ("u1", "mood", "cold"),
        ("u2", "mood", "warm"),
        ("u3", "fan", True),
    ]
    for number, (user, tag, value) in enumerate(words):
        common: dict[str, Any] = {"id": f"o{number}", "source": "app", "user_id": user}
        word = Profile(type="override", tag=tag, value=value, by="ann", time=1_000, **common)
        partition.apply(2, number, word, 0, out)
    shown = {user: partition.snapshot(user) for user in partition.user_ids()}
    out.changes.clear()
    again = restored(new, dict(partition.take_dirty()), layouts_of(old))
    again.clock = partition.clock
    again.predecessors.begin(old.layout, again.clock)
    for user, tags in shown.items():
        again.adopt(user, {tag: (s.value, s.since) for tag, s in tags.items()}, out)
    assert [(c.user_id, c.tag, c.old, c.new) for c in out.changes] == [
        ("u2", "mood", "warm", "cold"),
        ("u3", "fan", True, None),
    ]
    again.apply(0, 1, like(1, 1_100), 0, out)
    again.apply(0, 2, like(2, 1_200), 0, out)
    assert again.snapshot("u1")["mood"].why.rule == "override by ann"
    assert again.snapshot("u1")["mood"].why.measures == {"mood": "hot"}


def test_adopting_again_says_nothing_more() -> None:
    """As after a crash in the middle: what was published already is not published twice."""
    partition, out = moved(BEFORE, AFTER, 1_000, 2_000)
    shown = {tag: (s.value, s.since) for tag, s in partition.snapshot("u1").items()}
    out.changes.clear()
    rows = dict(partition.take_dirty())
    again = restored(Engine(load(AFTER, "after.yaml")), rows, {})
    again.clock = partition.clock
    again.adopt("u1", shown, out)
    assert out.changes == []
    assert dict(again.take_dirty()) == rows


def test_an_older_row_of_another_layout_does_not_count() -> None:
    """The log keeps it until it is compacted."""
    partition, _ = moved(BEFORE, AFTER, 1_000)
    ((user, ours),) = partition.take_dirty()
    old = Engine(load(BEFORE, "before.yaml")).partition(0, TOPICS)
    old.apply(0, 0, like(0, 1_000), 0, Effects())
    ((_, theirs),) = old.take_dirty()
    again = Engine(load(AFTER, "after.yaml")).partition(0, TOPICS)
    again.load(user, theirs)
    again.load(user, ours)
    again.loaded()
    assert again.predecessors.layouts == set()


def test_forgetting_begins_with_the_catalogue_that_says_so() -> None:
    """When users were last active is not known: their own clock stands for it."""
    soon = AFTER.replace("timezone: UTC", "timezone: UTC\nforget_after: 5s")
    partition, out = moved(BEFORE, soon, 1_000, 2_000)
    out.changes.clear()
    partition.tick(60_000)
    while partition.slice(9, 9, out):
        pass
    assert [(c.tag, c.old, c.new, c.time) for c in out.changes][-1:] == [
        ("mood", "cold", None, 7_000)
    ]
    assert partition.users == 0


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ("count: [like], window: 4s, step: 1s", "window: 4s, count: [like], step: 1s", True),
        ("count: [feedback], where: score > 3", "count: [feedback], where: (score) > 3.0", True),
        ("count: [feedback], where: score > 3", "count: [feedback], where: score >= 3", False),
        (
            "count: [like], where: \"topic == 'a'\"",
            "count: [like], where: \"product == 'a'\"",
            False,
        ),
        ("count: [like], window: 4s, step: 1s", "count: [like], window: 4s, step: 2s", False),
        ("count: [like]", "count: [like, comment]", False),
        ("sum: amount, of: [payment]", "max: amount, of: [payment]", False),
        ("attribute: grade", "attribute: class", False),
        ("attribute: grade", "attribute: grade, type: number", False),
    ],
)
def test_a_measure_is_the_same_if_it_means_the_same(was: str, now: str, same: bool) -> None:  # noqa: FBT001 - a parameter
    """However it is written."""

    def definition(text: str) -> Any:
        catalogue = load(f"{HEAD}measures:\n  m: {{{text}}}\ntags: {{}}\n", "m.yaml")
        return decode_layout(Engine(catalogue).description).definitions["measure m"]

    assert (definition(was) == definition(now)) is same


def test_money_of_another_currency_is_another_measure() -> None:
    one = Engine(load(f"{HEAD}measures:\n  m: {{sum: amount, of: [payment]}}\n", "m.yaml"))
    other = HEAD.replace("CNY", "EUR")
    two = Engine(load(f"{other}measures:\n  m: {{sum: amount, of: [payment]}}\n", "m.yaml"))
    assert one.layout != two.layout


def test_a_model_that_grows_leaves_definitions_as_they_are() -> None:
    """An attribute with its default is not told: a later program knows today's measures."""
    catalogue = load(f"{HEAD}measures:\n  m: {{count: [like]}}\n", "m.yaml")
    told = decode_layout(Engine(catalogue).description).definitions["measure m"]
    assert told == {"is": "Measure", "aggregate": "count", "type": "number", "types": ["like"]}
    assert isinstance(catalogue.measures["m"], Measure)
