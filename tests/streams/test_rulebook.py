"""The rule behind every tag, against what the engine says when it explains each anew."""

from typing import Any

import pytest
from hypothesis import given, settings

from schemas.changes import TagValue
from schemas.events import Interaction, Profile
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue
from streams.effects import Effects
from streams.engine import Engine
from streams.rulebook import Rulebook, same_words
from tests.streams.beside import play
from tests.streams.catalogues import Arrival, histories, random_catalogues

HEAD = "catalogue: c\nversion: 1\ncurrency: CNY\ntimezone: UTC\n"
BEFORE = """
measures: {likes: {count: [like]}, posts: {count: [post]}, grade: {attribute: grade}}
tags:
  mood: {values: {hot: likes >= 20, warm: likes >= 5, cold: else}}
  fan: {when: likes >= 3}
  rank: {value: grade}
detectors:
  fast: {title: {zh: a, en: a}, kind: velocity, of: [like], count: 3, within: 4s}
"""


def engine(text: str) -> Engine:
    return Engine(load(HEAD + text, "test"))


def book(text: str, *earlier: str) -> Rulebook:
    """That of a catalogue which came after others."""
    ours = engine(text)
    return Rulebook(
        ours.catalogue,
        ours.program.layout.described,
        [engine(other).program.layout.described for other in earlier],
    )


@settings(max_examples=30, deadline=None)
@given(random_catalogues(), histories())
def test_the_rule_of_a_tag_follows_from_its_value(
    catalogue: Catalogue, history: list[Arrival]
) -> None:
    """Of every kind of tag and detector: it is what `why` names, for changes and explained anew."""
    engine, out = Engine(catalogue), Effects()
    partition = engine.partition(0, TOPICS)
    rules = Rulebook(catalogue, engine.program.layout.described)
    for number, arrival in enumerate(history):
        play(partition, number, arrival, out)
    for change in out.changes:
        value = change.old if change.new is None else change.new
        if change.tag is not None and value is not None and change.why is not None:
            assert rules.text(change.tag, value) == change.why.rule
    for user in partition.user_ids():
        for tag, held in partition.snapshot(user).items():
            assert rules.text(tag, held.value) == held.why.rule


@pytest.mark.parametrize(
    ("tag", "value", "text", "explains"),
    [
        ("mood", "hot", "likes >= 20", True),
        ("mood", "hot", "(likes>=20)", True),
        ("mood", "hot", "likes >= 5", False),
        ("mood", "cold", "else", True),
        ("fan", True, "posts >= 3", False),
        ("rank", "A", "grade", True),
        ("anomaly", "warning", "the highest severity that is on", True),
        ("anomaly_fast", True, "whatever", False),
    ],
)
def test_another_rule_than_that_of_the_value_explains_nothing(
    tag: str, value: TagValue, text: str, *, explains: bool
) -> None:
    assert book(BEFORE).explains(tag, value, text) is explains
    assert book(BEFORE, BEFORE).explains(tag, value, text) is explains


def test_where_an_earlier_catalogue_decided_otherwise_its_rule_may_stand() -> None:
    """A tag whose value stayed keeps the `why` of its change; all others must be ours."""
    after = BEFORE.replace("likes >= 20", "likes >= 10").replace(
        "count: 3, within", "count: 4, within"
    )
    rules = book(after, BEFORE)
    assert rules.explains("mood", "hot", "likes >= 20")
    assert rules.explains("mood", "hot", "likes >= 10")
    assert rules.explains("anomaly_fast", value=True, text="3 of them within 4s")
    assert not rules.explains("mood", "warm", "likes >= 20")
    assert not rules.explains("fan", value=True, text="likes >= 20")


def test_a_tag_that_was_of_another_kind_may_have_any_earlier_rule() -> None:
    after = BEFORE.replace("rank: {value: grade}", "rank: {values: {A: likes >= 1, B: else}}")
    assert book(after, BEFORE).explains("rank", "A", "grade")
    assert not book(after, after).explains("rank", "A", "grade")


def test_a_text_that_is_no_rule_is_not_the_same_in_other_words() -> None:
    """What persons said, and conditions of detectors, are texts for people."""
    assert not same_words("override by ann: why not", "likes >= 1")
    assert not same_words("a\0b", "likes >= 1")


def test_what_a_person_decided_is_explained_by_what_they_said() -> None:
    """While it is on; what the rules decide beside it is explained by them."""
    ours, out = engine(BEFORE), Effects()
    partition = ours.partition(0, TOPICS)
    like = Interaction(type="like", id="e1", source="app", user_id="u", time=1_000)
    partition.apply(0, 0, like, 1_000, out)
    said: Any = {"tag": "fan", "value": True, "by": "ann", "reason": "a friend", "until": 9_000}
    order = Profile(type="override", id="e2", source="app", user_id="u", time=2_000, **said)
    partition.apply(2, 0, order, 2_000, out)
    shown, words = partition.shown_and_said("u")
    whys = {tag: held.why.rule for tag, held in partition.snapshot("u").items()}
    assert shown.keys() == whys.keys() == {"mood", "fan"}
    assert words == {"fan": whys["fan"]}
    assert whys["fan"].startswith("override by ann")
    partition.settle(10_000, 100, out)
    assert partition.shown_and_said("u") == (partition.shown("u"), {})
    assert partition.shown_and_said("nobody") == ({}, {})
