"""A person corrects a tag: the rules go on underneath, other tags see the correction."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.changes import ExpiryCause, OverrideCause, TagChange, Why
from schemas.events import Event, Interaction, Profile, Transaction
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue
from streams.domains import Domain, correction_fault, domains_of
from streams.effects import Effects
from streams.engine import Engine, Partition
from tests.streams.beside import compare
from tests.streams.catalogues import Arrival, catalogues, histories
from tests.streams.corrected import Corrections
from tests.streams.crashing import Store, live

FINE = settings(max_examples=60, deadline=None)
CATALOGUE = """
catalogue: small
version: 1
currency: CNY
timezone: UTC
measures:
  likes: {count: [like], window: 4s, step: 1s}
  spent: {sum: amount, of: [payment]}
tags:
  mood: {dimension: behaviour, hold: 2s, values: {warm: likes >= 2, cool: likes >= 1, cold: else}}
  rich: {dimension: risk, when: spent > 10}
  both: {dimension: composite, when: mood == 'warm' and rich}
"""
ENGINE = Engine(load(CATALOGUE, "small.yaml"))


class Played:
    """A partition with one user, and what came of each event."""

    def __init__(self) -> None:
        self.partition, self.out, self.number = ENGINE.partition(0, TOPICS), Effects(), 0

    def _apply(self, topic: int, event: Event) -> list[TagChange]:
        self.out.changes.clear()
        self.partition.apply(topic, self.number, event, event.time, self.out)
        return list(self.out.changes)

    def _common(self, time: int) -> dict[str, Any]:
        self.number += 1
        return {"id": f"e{self.number}", "source": "app", "user_id": "u1", "time": time}

    def like(self, time: int) -> list[TagChange]:
        return self._apply(0, Interaction(type="like", **self._common(time)))

    def pay(self, time: int, cents: int) -> list[TagChange]:
        return self._apply(1, Transaction(type="payment", amount=cents, **self._common(time)))

    def say(self, time: int, tag: str, value: Any, **more: Any) -> list[TagChange]:
        return self._apply(
            2, Profile(type="override", tag=tag, value=value, **more, **self._common(time))
        )

    def tick(self, to: int) -> list[TagChange]:
        self.out.changes.clear()
        self.partition.tick(to)
        while self.partition.slice(10, 10, self.out):
            pass
        return list(self.out.changes)


def brief(changes: list[TagChange]) -> list[tuple[Any, ...]]:
    """Tag, old, new, time."""
    return [(c.tag, c.old, c.new, c.time) for c in changes]


def test_a_correction_is_a_change_that_says_who_and_why() -> None:
    """Cause and why name the person; why shows what the rules would give."""
    played = Played()
    played.like(1_000)
    (change,) = played.say(1_500, "mood", "warm", by="ann", reason="met her", until=9_000)
    assert brief([change]) == [("mood", "cool", "warm", 1_500)]
    assert change.cause == OverrideCause("ann", "met her")
    until = "1970-01-01T00:00:09.000Z"
    assert change.why == Why(f"override by ann until {until}: met her", {"mood": "cool"})
    assert played.partition.snapshot("u1")["mood"].why == change.why


def test_other_tags_see_the_correction_and_the_rules_do_not_undo_it() -> None:
    played = Played()
    played.pay(1_000, 1_001)
    changes = played.say(1_500, "mood", "warm", by="ann")
    assert brief(changes) == [("mood", "cold", "warm", 1_500), ("both", None, True, 1_500)]
    assert {type(change.cause) for change in changes} == {OverrideCause}
    assert played.like(2_000) == []
    assert played.tick(60_000) == []
    assert brief(played.say(61_000, "mood", None)) == [
        ("mood", "warm", "cold", 61_000),
        ("both", True, None, 61_000),
    ]


def test_at_its_end_the_tag_returns_to_the_rules_at_exactly_that_instant() -> None:
    """With no event, as an expiry, with the rule that holds then."""
    played = Played()
    played.like(1_000)
    played.say(1_500, "mood", "cold", until=3_333)
    played.like(2_000)
    assert played.tick(3_332) == []
    (change,) = played.tick(3_400)
    assert brief([change]) == [("mood", "cold", "warm", 3_333)]
    assert (change.cause, change.why) == (ExpiryCause(), Why("likes >= 2", {"likes": 2}))


def test_a_hold_goes_on_underneath() -> None:
    """`cool` since 5.0 s is held until 7.0 s though nobody sees it; what comes back holds anew."""
    played = Played()
    played.like(1_000)
    played.like(2_000)
    played.say(2_100, "mood", "warm", until=6_500)
    (back,) = played.tick(6_999)
    assert brief([back]) == [("mood", "warm", "cool", 6_500)]
    assert brief(played.tick(20_000)) == [("mood", "cool", "cold", 8_500)]


def test_rules_change_underneath() -> None:
    """The rules went to `warm` while the person said `cold`: that is what the tag returns to."""
    played = Played()
    played.like(1_000)
    played.say(1_100, "mood", "cold", until=3_000)
    played.like(2_000)
    (back,) = played.tick(3_000)
    assert brief([back]) == [("mood", "cold", "warm", 3_000)]
    assert back.why == Why("likes >= 2", {"likes": 2})


def test_a_flag_is_taken_away_by_false_and_given_back_by_null() -> None:
    played = Played()
    played.pay(1_000, 1_001)
    (gone,) = played.say(1_500, "rich", value=False, by="ann")
    assert brief([gone]) == [("rich", True, None, 1_500)]
    assert gone.why == Why("override by ann", {"rich": True})
    (back,) = played.say(1_600, "rich", None, by="bob")
    assert brief([back]) == [("rich", None, True, 1_600)]
    assert back.cause == OverrideCause("bob", None)


def test_confirming_what_the_rules_say_is_told_too() -> None:
    """The value stays, the reason is another: why would be wrong without a change."""
    played = Played()
    played.pay(1_000, 1_001)
    (change,) = played.say(1_500, "rich", value=True, by="ann", until=2_000)
    assert brief([change]) == [("rich", True, True, 1_500)]
    (back,) = played.tick(2_000)
    assert brief([back]) == [("rich", True, True, 2_000)]
    assert back.why is not None
    assert back.why.rule == "spent > 10"


def test_of_two_words_the_later_by_event_time_counts() -> None:
    """In whichever order they arrive; also where the later one gave the tag back."""
    played = Played()
    played.pay(1_000, 100)
    played.say(5_000, "rich", value=True)
    assert played.say(4_000, "rich", value=False) == []
    played.say(6_000, "rich", None)
    assert played.say(5_500, "rich", value=True) == []
    assert "rich" not in played.partition.snapshot("u1")


def test_a_word_whose_end_has_passed_changes_nothing() -> None:
    played = Played()
    played.pay(5_000, 100)
    assert played.say(4_000, "rich", value=True, until=4_500) == []


def test_a_word_is_what_makes_a_user_exist_too() -> None:
    played = Played()
    assert brief(played.say(1_000, "rich", value=True)) == [
        ("mood", None, "cold", 1_000),
        ("rich", None, True, 1_000),
    ]


@pytest.mark.parametrize(
    ("tag", "value", "fault"),
    [
        ("moood", "warm", 'unknown tag "moood", did you mean "mood"?'),
        ("mood", "hot", "warm, cool, cold, or false for no tag"),
        ("mood", True, "cannot be overridden to True"),
        ("rich", "yes", "true, or false"),
        ("rich", ["a"], "true, or false"),
    ],
)
def test_a_correction_that_no_rule_could_give_is_refused_in_words(
    tag: str, value: Any, fault: str
) -> None:
    found = correction_fault(domains_of(ENGINE.catalogue), tag, value)
    assert found is not None
    assert fault in found
    played = Played()
    played.pay(1_000, 100)
    assert played.say(2_000, tag, value) == []  # as in a replay under another catalogue


@pytest.mark.parametrize(
    ("domain", "value", "possible"),
    [
        (Domain("set"), ["b", "a"], True),
        (Domain("set"), [], True),
        (Domain("set"), [""], False),
        (Domain("set"), [str(n) for n in range(257)], False),
        (Domain("set"), "a", False),
        (Domain("value"), "anything", True),
        (Domain("value"), "", False),
        (Domain("value"), True, False),
        (Domain("value"), False, True),
        (Domain("flag"), None, True),
    ],
)
def test_a_correction_is_of_the_kind_and_size_of_its_tag(
    domain: Domain,
    value: Any,
    possible: bool,  # noqa: FBT001 - a parameter
) -> None:
    assert (correction_fault({"t": domain}, "t", value) is None) is possible


@st.composite
def corrected(draw: st.DrawFn) -> tuple[Catalogue, list[Arrival]]:
    """A catalogue, and a history in which people correct its tags."""
    catalogue, history = draw(catalogues), draw(histories())
    domains = domains_of(catalogue)
    said = []
    for number, arrival in enumerate(history):
        event = arrival.event
        if draw(st.integers(0, 2)) == 0:
            tag = draw(st.sampled_from(sorted(domains)))
            choices: dict[str, Any] = {"flag": [True], "value": ["x", "y"], "set": [["a"]]}
            values = choices.get(domains[tag].kind, domains[tag].choices)
            value = draw(st.sampled_from([None, False, *values, *values]))
            until = draw(st.sampled_from([None, event.time, event.time + 700, event.time + 3_000]))
            by, reason = draw(st.sampled_from([(None, None), ("ann", None), (None, "met")]))
            event = Profile(
                type="override",
                id=f"o{number}",
                source=event.source,
                user_id=event.user_id,
                time=event.time,
                tag=tag,
                value=value,
                until=until,
                by=by,
                reason=reason,
            )
        said.append(Arrival(event, arrival.tick))
    return catalogue, said


@FINE
@given(corrected(), st.lists(st.integers(1, 4), min_size=30, max_size=30))
def test_corrections_are_those_of_a_recomputation(
    case: tuple[Catalogue, list[Arrival]], slices: list[int]
) -> None:
    """On, off, until, late and on top of each other, amid random events, ticks and slices."""
    catalogue, history = case
    compare(Corrections(catalogue), history, slices)


@FINE
@given(corrected(), st.lists(st.booleans(), min_size=30, max_size=30))
def test_a_crash_loses_no_correction(
    case: tuple[Catalogue, list[Arrival]], saves: list[bool]
) -> None:
    """Older rows and the journal give the same bytes and the same effects."""
    catalogue, history = case
    engine, store = Engine(catalogue), Store()
    partition: Partition = engine.partition(0, TOPICS)
    journal, counts, out = live(partition, history, saves, store)
    again, effects = store.resume(engine, journal)
    assert effects.changes == out.changes[counts[store.done] :]
    assert store.rows | dict(again.take_dirty()) == store.rows | dict(partition.take_dirty())
