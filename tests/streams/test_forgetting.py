"""`forget_after`: who is silent for so long is dropped, at exactly that instant."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.changes import ExpiryCause, Why
from schemas.events import Interaction, Profile
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue
from streams.effects import Effects
from streams.engine import Engine, Partition
from tests.streams.beside import compare
from tests.streams.catalogues import Arrival
from tests.streams.corrected import Corrections
from tests.streams.crashing import Store, live
from tests.streams.test_override import corrected

FINE = settings(max_examples=60, deadline=None)
CATALOGUE = """
catalogue: small
version: 1
currency: CNY
timezone: UTC
forget_after: 10s
measures:
  likes: {count: [like], window: 4s, step: 1s}
  ever: {count: [like]}
tags:
  mood: {dimension: behaviour, values: {warm: likes >= 2, cold: else}}
  fan: {dimension: behaviour, when: ever >= 3}
"""
ENGINE = Engine(load(CATALOGUE, "small.yaml"))


def like(number: int, time: int, user: str = "u1") -> Interaction:
    return Interaction(id=f"e{number}", source="app", type="like", user_id=user, time=time)


def liked(*times: int, user: str = "u1") -> tuple[Partition, Effects]:
    """A partition with likes of one user at these times; what it said is forgotten."""
    partition, out = ENGINE.partition(0, TOPICS), Effects()
    for number, time in enumerate(times):
        partition.apply(0, number, like(number, time, user), time, out)
    out.changes.clear()
    return partition, out


def slices(partition: Partition, to: int, out: Effects) -> None:
    partition.tick(to)
    while partition.slice(10, 10, out):
        pass


def test_all_tags_go_at_exactly_the_instant_and_no_row_is_left() -> None:
    """With cause expiry; the changelog gets a tombstone, memory nothing."""
    partition, out = liked(1_000, 1_100, 1_200)
    slices(partition, 11_199, out)
    assert [(c.tag, c.new) for c in out.changes] == [("mood", "cold")]
    out.changes.clear()
    slices(partition, 60_000, out)
    assert [(c.tag, c.old, c.new, c.time) for c in out.changes] == [
        ("mood", "cold", None, 11_200),
        ("fan", True, None, 11_200),
    ]
    assert {type(c.cause) for c in out.changes} == {ExpiryCause}
    assert out.changes[0].why == Why("forget_after: 10s", {"last_event": 1_200})
    assert (partition.users, "u1" in partition) == (0, False)
    assert partition.take_dirty() == [("u1", None)]
    assert partition.all_users() == []
    assert not partition.ahead(1 << 60)


def test_an_event_at_that_very_instant_keeps_the_user() -> None:
    """As at every deadline: the event counts first."""
    partition, out = liked(1_000)
    partition.apply(0, 1, like(1, 11_000), 0, out)
    assert partition.snapshot("u1")["mood"].since == 1_000


def test_who_comes_back_is_a_new_user() -> None:
    """Nothing is left of the years before."""
    partition, out = liked(1_000, 1_100, 1_200)
    partition.apply(0, 3, like(3, 50_000), 0, out)
    assert [(c.tag, c.new, c.time) for c in out.changes][-2:] == [
        ("fan", None, 11_200),
        ("mood", "cold", 50_000),
    ]
    assert partition.users == 1


def test_an_event_of_long_ago_brings_nobody_back() -> None:
    """Nor does a repeat of one from before: it is counted as late, and no row is made."""
    partition, out = liked(1_000)
    partition.apply(0, 1, like(1, 30_000, "u2"), 0, out)
    out.changes.clear()
    assert partition.apply(0, 2, like(2, 20_000), 0, out) == "late"
    assert partition.apply(0, 3, like(0, 1_000), 0, out) == "late"
    assert (out.changes, partition.users) == ([], 1)
    partition.apply(0, 4, like(4, 20_001), 0, out)
    assert [c.tag for c in out.changes] == ["mood"]


def test_a_late_event_does_not_make_a_user_seem_silent() -> None:
    """The last event by its own time counts, in whichever order they come."""
    partition, out = liked(5_000, 1_000)
    slices(partition, 14_999, out)
    assert "u1" in partition
    slices(partition, 15_000, out)
    assert "u1" not in partition


def test_a_correction_keeps_a_user_like_any_event_and_goes_with_them() -> None:
    partition, out = liked(1_000)
    word: dict[str, Any] = {"id": "w", "source": "app", "type": "override", "user_id": "u1"}
    partition.apply(2, 0, Profile(tag="fan", value=True, time=9_000, **word), 0, out)
    slices(partition, 18_999, out)
    assert partition.snapshot("u1")["fan"].value is True
    out.changes.clear()
    slices(partition, 19_000, out)
    assert [(c.tag, c.new, c.time) for c in out.changes] == [
        ("mood", None, 19_000),
        ("fan", None, 19_000),
    ]


def test_an_erased_user_is_no_user_to_forget() -> None:
    """There is nothing left of them that could be due; an event of long ago makes no row."""
    partition, out = liked(1_000)
    partition.apply(
        2, 0, Profile(id="x", source="app", type="erase", user_id="u1", time=2_000), 0, out
    )
    partition.take_dirty()
    slices(partition, 60_000, out)
    assert partition.take_dirty() == []
    assert partition.apply(0, 7, like(7, 2_500), 0, out) == "late"
    assert "u1" not in partition
    assert partition.take_dirty() == [("u1", None)]


def test_a_tombstone_takes_the_row_away_in_a_restore() -> None:
    partition, out = liked(1_000)
    ((_, row),) = partition.take_dirty()
    again = ENGINE.partition(0, TOPICS)
    again.load("u1", row)
    again.load("u1", None)
    again.load("u2", None)
    again.loaded()
    assert (again.users, again.all_users()) == (0, [])
    again.clock = partition.clock
    assert again.apply(0, 1, like(1, 2_000), 0, out) == "applied"


def test_a_newer_row_of_who_came_back_knows_the_events_from_before() -> None:
    """The checkpoint wrote it and died: in the replay they must not count in the new life."""
    partition, out = liked(1_000)
    partition.apply(0, 1, like(1, 30_000, "u2"), 0, out)
    back = Profile(id="p", source="app", type="profile", user_id="u1", time=30_001, attributes={})
    partition.apply(2, 0, back, 0, out)
    rows = dict(partition.take_dirty())
    again = ENGINE.partition(0, TOPICS)
    for user, row in rows.items():
        again.load(user, row)
    again.loaded()
    assert again.apply(0, 0, like(0, 1_000), 0, out) == "known"
    assert again.apply(0, 1, like(1, 30_000, "u2"), 0, out) == "known"
    assert again.apply(2, 0, back, 0, out) == "known"
    assert dict(again.take_dirty()) == rows


@st.composite
def forgetful(draw: st.DrawFn) -> tuple[Catalogue, list[Arrival]]:
    """Histories with corrections, under a catalogue that soon forgets."""
    catalogue, history = draw(corrected())
    return replace(catalogue, forget_after=draw(st.sampled_from([1_500, 4_000, 9_000]))), history


@FINE
@given(forgetful(), st.lists(st.integers(1, 4), min_size=30, max_size=30))
def test_forgetting_is_that_of_a_recomputation(
    case: tuple[Catalogue, list[Arrival]], slices: list[int]
) -> None:
    """Amid late events, repeats, corrections, ticks and slices of any size."""
    catalogue, history = case
    compare(Corrections(catalogue), history, slices)


@FINE
@given(forgetful(), st.lists(st.booleans(), min_size=30, max_size=30), st.booleans())
def test_a_crash_brings_nobody_back(
    case: tuple[Catalogue, list[Arrival]],
    saves: list[bool],
    newer: bool,  # noqa: FBT001 - drawn
) -> None:
    """Older rows and the journal end where we were, also if rows newer than the record exist."""
    catalogue, history = case
    engine, store = Engine(catalogue), Store()
    partition = engine.partition(0, TOPICS)
    journal, counts, out = live(partition, history, saves, store)
    if newer:
        latest = Store()
        latest.save(partition, len(journal))
        store.rows |= latest.rows
    again, effects = store.resume(engine, journal)
    if not newer:
        assert effects.changes == out.changes[counts[store.done] :]
    assert again.clock == partition.clock
    assert tags_of(again) == tags_of(partition)
    later = partition.clock + 3_000
    for one in (again, partition):
        effects.changes.clear()
        one.tick(later)
        while one.slice(10, 10, effects):
            pass
    assert tags_of(again) == tags_of(partition)


def tags_of(partition: Partition) -> dict[str, Any]:
    """Everybody's tags, and why."""
    return {user: partition.snapshot(user) for user in sorted(partition.user_ids())}
