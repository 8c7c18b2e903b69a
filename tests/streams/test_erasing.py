"""`erase`: nothing stays but a marker, which keeps away what is older than the erasure."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.changes import EraseCause
from schemas.events import Event, Interaction, Profile
from schemas.records import ERASED_KEYS, decode_erasure
from schemas.topics import TOPICS
from streams import erasures
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue
from streams.effects import Effects
from streams.engine import Engine, Partition
from streams.erasures import KEPT_MS, key_of
from tests.streams.beside import compare
from tests.streams.catalogues import Arrival
from tests.streams.corrected import Corrections
from tests.streams.crashing import Store, live
from tests.streams.test_forgetting import forgetful, tags_of
from tests.streams.test_override import corrected

FINE = settings(max_examples=50, deadline=None)
CATALOGUE = """
catalogue: small
version: 1
currency: CNY
timezone: UTC
measures:
  likes: {count: [like]}
tags:
  mood: {dimension: behaviour, values: {warm: likes >= 2, cold: else}}
"""
ENGINE = Engine(load(CATALOGUE, "small.yaml"))


def like(number: int, time: int, user: str = "u1") -> Interaction:
    return Interaction(id=f"e{number}", source="app", type="like", user_id=user, time=time)


def erase(name: str, time: int, user: str = "u1") -> Profile:
    """The wish to be forgotten."""
    return Profile(id=name, source="app", type="erase", user_id=user, time=time)


def erased(*likes: int, at: int) -> tuple[Partition, Effects]:
    """A partition where one user liked at these times and was erased; effects are forgotten."""
    partition, out = ENGINE.partition(0, TOPICS), Effects()
    for number, time in enumerate(likes):
        partition.apply(0, number, like(number, time), time, out)
    partition.apply(2, 0, erase("x", at), at, out)
    out.changes.clear()
    return partition, out


def restored(records: Any) -> Partition:
    """A partition made of what was written."""
    partition = ENGINE.partition(0, TOPICS)
    for key, body in records:
        partition.load(key, body)
    partition.loaded()
    return partition


def test_an_erasure_is_one_change_without_values() -> None:
    partition, out = ENGINE.partition(0, TOPICS), Effects()
    partition.apply(0, 0, like(0, 1_000), 0, out)
    out.changes.clear()
    assert partition.apply(2, 0, erase("x", 2_000), 0, out) == "applied"
    (change,) = out.changes
    assert (change.user_id, change.time, change.cause) == ("u1", 2_000, EraseCause())
    assert (change.tag, change.old, change.new, change.why) == (None, None, None, None)
    assert ("u1" in partition, partition.users, partition.snapshot("u1")) == (False, 0, {})


def test_what_is_written_of_an_erased_user_is_a_hash_and_a_time() -> None:
    """A tombstone under the id, and a marker that does not tell it."""
    partition, _ = erased(1_000, 1_500, at=2_000)
    records = partition.take_dirty()
    assert ("u1", None) in records
    ((key, body),) = [(key, body) for key, body in records if body is not None]
    assert key.startswith(ERASED_KEYS)
    assert "u1" not in key
    marker = decode_erasure(body)
    assert (marker.time, marker.until) == (2_000, 2_000 + KEPT_MS)
    assert partition.all_users() == []
    assert "u1" not in repr(vars(partition.erasures))


def test_what_is_older_than_the_erasure_brings_nobody_back() -> None:
    """Neither a repeat of what was there nor what was under way; also over a restart."""
    partition, out = erased(1_000, 1_500, at=2_000)
    again = restored(partition.take_dirty())
    again.clock = partition.clock
    for one in (partition, again):
        assert one.apply(0, 7, like(0, 1_000), 0, out) == "late"
        assert one.apply(0, 8, like(8, 1_999), 0, out) == "late"
        assert one.apply(2, 8, erase("y", 1_000), 0, out) == "late"
        assert (out.changes, one.all_users()) == ([], [])


def test_what_is_newer_makes_a_new_user_whom_the_old_cannot_reach() -> None:
    partition, out = erased(1_000, 1_500, at=2_000)
    assert partition.apply(0, 7, like(7, 2_500), 0, out) == "applied"
    assert [(c.tag, c.old, c.new) for c in out.changes] == [("mood", None, "cold")]
    assert partition.apply(0, 8, like(8, 1_900), 0, out) == "late"
    assert partition.snapshot("u1")["mood"].value == "cold"


def test_the_same_order_again_erases_nobody_twice() -> None:
    """Who came back stays, unless somebody orders it anew."""
    partition, out = erased(1_000, at=2_000)
    partition.apply(0, 7, like(7, 2_000), 0, out)
    assert partition.apply(2, 1, erase("x", 2_000), 0, out) == "duplicate"
    assert partition.users == 1
    assert partition.apply(2, 2, erase("y", 2_000), 0, out) == "applied"
    assert partition.users == 0


def test_after_thirty_days_nothing_is_left() -> None:
    """By the partition's clock: the marker is a tombstone then, and old events count again."""
    partition, out = erased(1_000, at=2_000)
    partition.take_dirty()
    over = 2_000 + KEPT_MS
    partition.apply(0, 5, like(5, over - 1, "u2"), 0, out)
    assert partition.apply(0, 6, like(6, 1_500), 0, out) == "late"
    assert key_of("u1") not in dict(partition.take_dirty())
    partition.apply(0, 7, like(7, over, "u2"), 0, out)
    assert dict(partition.take_dirty())[key_of("u1")] is None
    assert partition.erasures.kept == {}
    assert partition.apply(0, 8, like(8, 1_500), 0, out) == "applied"


def test_somebody_unknown_is_erased_without_a_word() -> None:
    """There is nothing to drop; but what is older and still to come is not let in."""
    partition, out = erased(at=2_000)
    assert out.changes == []
    assert partition.apply(0, 0, like(0, 1_500), 0, out) == "late"
    assert [key for key, body in partition.take_dirty() if body is not None] == [key_of("u1")]


def test_a_refused_marker_is_written_again() -> None:
    """A zombie overwrote it in the log."""
    partition, _ = erased(1_000, at=2_000)
    before = dict(partition.take_dirty())
    partition.mark_dirty(key_of("u1"))
    partition.mark_dirty(key_of("u2"))
    assert dict(partition.take_dirty()) == {
        key_of("u1"): before[key_of("u1")],
        key_of("u2"): None,
    }


def test_an_old_row_never_stands_beside_a_marker() -> None:
    """However little of a checkpoint was written: a new run would show the user again."""
    partition, out = ENGINE.partition(0, TOPICS), Effects()
    partition.apply(0, 0, like(0, 1_000), 0, out)
    partition.take_dirty()
    partition.apply(0, 1, like(1, 1_100, "u0"), 0, out)
    partition.apply(2, 0, erase("x", 2_000), 0, out)
    partition.apply(0, 2, like(2, 2_100), 0, out)
    keys = [key for key, _ in partition.take_dirty()]
    assert keys == ["u1", key_of("u1"), "u0", "u1"]


def test_the_order_itself_is_obeyed_again_in_a_replay() -> None:
    """The marker was written and no checkpoint record: the replay begins before the user's end."""
    partition, out = ENGINE.partition(0, TOPICS), Effects()
    order = erase("x", 2_000)  # it came late: the user has newer events
    partition.apply(0, 0, like(0, 3_000), 0, out)
    partition.apply(2, 0, order, 0, out)
    again = restored(partition.take_dirty())
    assert again.apply(0, 0, like(0, 3_000), 0, out) == "applied"
    assert again.apply(2, 0, order, 0, out) == "applied"
    assert again.users == 0


def test_the_row_of_who_came_back_brings_the_marker_back() -> None:
    """It was written and the marker was lost: the replay, which leaves the row alone, knows."""
    partition, out = ENGINE.partition(0, TOPICS), Effects()
    partition.apply(2, 0, erase("x", 2_000), 0, out)
    partition.apply(0, 0, like(0, 3_000), 0, out)
    records = dict(partition.take_dirty())
    row = records["u1"]
    again = restored([("u1", row)])
    assert again.apply(2, 0, erase("x", 2_000), 0, out) == "known"
    assert again.apply(0, 0, like(0, 3_000), 0, out) == "known"
    assert again.users == 1
    assert again.apply(0, 1, like(1, 1_000), 0, out) == "late"
    assert again.take_dirty()[0] == (key_of("u1"), records[key_of("u1")])


def test_markers_that_were_ever_written_are_read() -> None:
    """The record as it stands in changelogs: whoever changes its form must still read this one."""
    body = b'{"time":2000,"until":2592002000,"place":[2,0],"mark":"ca1fa32ea1b98c60"}'
    partition, _ = erased(1_000, at=2_000)
    assert dict(partition.take_dirty())["\x00erased:53199585bddea28e67fe7143a42baef7"] == body
    assert decode_erasure(body) == partition.erasures.kept[key_of("u1")]


class Erasing(Corrections):
    """The reference, with people who are erased; forgotten so long after it."""

    def __init__(self, catalogue: Catalogue, kept: int) -> None:
        super().__init__(catalogue)
        self.kept = kept
        self.orders: dict[str, tuple[Event, int]] = {}

    def apply(self, event: Event, *, alone: bool = False) -> str:
        """As before, unless it is passed over."""
        if not alone:
            self.settle_to((event.time,))
        self.clock = max(self.clock, event.time)
        order, until = self.orders.get(event.user_id, (event, -1))
        if self.clock < until and event.time < order.time:
            return "late"
        if self.clock < until and event == order:
            return "duplicate"
        return self.erase(event) if event.type == "erase" else super().apply(event, alone=True)

    def erase(self, event: Event) -> str:
        """All that is known of the user is gone, what was due before is told."""
        name = event.user_id
        first = self.ticked < self.clock == event.time
        while (user := self.users.get(name)) and user.next is not None:
            if user.next > self.clock - first:
                break
            self.decide(user, user.next, "expiry")
        if self.users.pop(name, None):
            self.changes.append((name, "", None, None, self.clock, "erase", None))
        self.orders[name] = event, self.clock + self.kept
        return "applied"


@st.composite
def erasing(draw: st.DrawFn) -> tuple[Catalogue, list[Arrival]]:
    """Histories in which some events are orders to erase, with corrections, some forgetful."""
    catalogue, history = draw(st.one_of(corrected(), forgetful()))
    names = sorted({arrival.event.id for arrival in history})
    orders = draw(st.sets(st.sampled_from(names), max_size=max(1, len(names) // 3)))
    return catalogue, [
        replace(arrival, event=_order(arrival.event)) if arrival.event.id in orders else arrival
        for arrival in history
    ]


def _order(event: Event) -> Profile:
    common: Any = {"id": event.id, "source": event.source, "user_id": event.user_id}
    return Profile(type="erase", time=event.time, **common)


@pytest.fixture(params=[2_500, KEPT_MS], ids=["soon forgotten", "thirty days"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How long markers stay."""
    monkeypatch.setattr(erasures, "KEPT_MS", request.param)
    return int(request.param)


def test_erasing_is_that_of_a_recomputation(kept: int) -> None:
    """Amid late events, repeats, corrections, ticks and slices of any size."""

    @FINE
    @given(erasing(), st.lists(st.integers(1, 4), min_size=30, max_size=30))
    def holds(case: tuple[Catalogue, list[Arrival]], slices: list[int]) -> None:
        catalogue, history = case
        compare(Erasing(catalogue, kept), history, slices)

    holds()


@FINE
@given(erasing(), st.lists(st.booleans(), min_size=30, max_size=30), st.floats(0, 1))
def test_a_crash_brings_no_erased_user_back(
    case: tuple[Catalogue, list[Arrival]], saves: list[bool], written: float
) -> None:
    """Whichever part of a checkpoint after the last whole one was written."""
    catalogue, history = case
    engine, store = Engine(catalogue), Store()
    partition = engine.partition(0, TOPICS)
    journal, counts, out = live(partition, history, saves, store)
    records = partition.take_dirty()
    part = records[: round(written * len(records))]
    for key, body in part:
        store.rows[key] = body
    again, effects = store.resume(engine, journal)
    if not part:
        assert effects.changes == out.changes[counts[store.done] :]
    assert (again.clock, again.users) == (partition.clock, partition.users)
    assert tags_of(again) == tags_of(partition)
    again.take_dirty()
    assert again.erasures.kept == partition.erasures.kept
