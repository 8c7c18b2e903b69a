"""A catalogue changed in the middle gives what a recomputation that changes it there gives."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.changes import CatalogueCause, TagChange
from schemas.topics import TOPICS
from streams.catalogue.model import Catalogue, Measure, Tag
from streams.catalogue.order import names_in, needs_of
from streams.effects import Effects, Settled
from streams.engine import Engine
from tests.streams.beside import SILENCE, be_silent, play, told
from tests.streams.catalogues import Arrival, catalogues, histories
from tests.streams.crashing import Step, Store, live, take
from tests.streams.reference import Reference
from tests.streams.switched import Switched
from tests.streams.test_relayout import adopt_all, layouts_of, restored

FINE = settings(max_examples=60, deadline=None)


def told_too(change: TagChange) -> tuple[Any, ...]:
    """A change as the reference writes it; of those by the catalogue without the why."""
    told_of = told(change)
    return (*told_of[:6], None) if isinstance(change.cause, CatalogueCause) else told_of


@st.composite
def variants(draw: st.DrawFn, whole: Catalogue) -> Catalogue:
    """Some tags of a catalogue, some with other rules, over measures of which some are others."""
    chosen = draw(st.sets(st.sampled_from(sorted(whole.tags)), min_size=1))
    while more := {n for tag in chosen for n in needs_of(whole.tags[tag])} & {*whole.tags} - chosen:
        chosen |= more
    tags = {name: draw(_otherwise(tag)) for name, tag in whole.tags.items() if name in chosen}
    measures = {name: draw(_another(whole, m)) for name, m in whole.measures.items()}
    left_out = draw(st.sampled_from([None, *whole.measures]))
    rules = [rule.condition for tag in tags.values() for rule in tag.rules if rule.condition]
    used = {name.name for condition in rules for name in names_in(condition)}
    if left_out is not None and left_out not in used:
        del measures[left_out]
    detectors = {
        name: replace(d, severity=draw(st.sampled_from([d.severity, "warning"])))
        for name, d in whole.detectors.items()
    }
    return replace(whole, measures=measures, tags=tags, detectors=detectors)


@st.composite
def _otherwise(draw: st.DrawFn, tag: Tag) -> Tag:
    """Half of the time as it is, else without its first rule, or with another hold."""
    rules = tag.rules[1:] if len(tag.rules) > 1 and draw(st.integers(0, 3)) == 0 else tag.rules
    holds = [tag.hold] * 3 + [0, 2_000] if tag.kind in ("values", "flag") else [tag.hold]
    return replace(tag, rules=rules, hold=draw(st.sampled_from(holds)))


@st.composite
def _another(draw: st.DrawFn, whole: Catalogue, measure: Measure) -> Measure:
    """Most of the time the same, else what some measure of its type is."""
    same_type = [m for m in whole.measures.values() if m.type == measure.type]
    return replace(draw(st.sampled_from([measure] * 2 + same_type)), name=measure.name)


changed = catalogues.flatmap(lambda whole: st.tuples(variants(whole), variants(whole)))


@FINE
@given(changed, histories(), st.integers(0, 30), st.lists(st.booleans(), min_size=30, max_size=30))
def test_a_catalogue_changed_in_the_middle_is_that_of_a_recomputation(
    change: tuple[Catalogue, Catalogue], history: list[Arrival], switch: int, saves: list[bool]
) -> None:
    """Also if the journal of the old one has to be replayed by the new one first."""
    before, after = (Engine(catalogue) for catalogue in change)
    reference, store = Switched(before.catalogue), Store()
    old = before.partition(0, TOPICS)
    first, rest = history[:switch], history[switch:]
    journal, _, out = live(old, first, saves, store)
    counted = retold(reference, journal, store.done)
    assert [told(c) for c in out.changes] == reference.changes

    new, effects = restored(after, store.rows, layouts_of(before)), Effects()
    new.clock, new.ticked = store.clock, store.ticked
    for step in journal[store.done :]:
        take(new, step, effects)
    effects.changes.clear()
    effects.alerts.clear()
    adopt_all(new, before.layout, old, effects)
    reference.changes.clear()
    reference.switch(after.catalogue, counted, new.all_users())
    assert [told_too(c) for c in effects.changes] == reference.changes
    for number, arrival in enumerate(rest, len(first)):
        reference.apply(arrival.event, alone=new.due)
        play(new, number, arrival, effects)
        assert [told_too(c) for c in effects.changes] == reference.changes
    effects.changes.clear()
    effects.alerts.clear()
    reference.changes.clear()
    reference.alerts.clear()
    be_silent(new, reference, SILENCE, effects)


def retold(reference: Reference, journal: list[Step], checkpoint: int) -> dict[str, int]:
    """The reference takes the steps of a journal; how many events a checkpoint in it covered."""
    counted = dict[str, int]()
    for done, step in enumerate(journal, 1):
        if isinstance(step, Settled):
            reference.settle_to((step.instant, step.user))
        elif isinstance(step, tuple):
            reference.apply(step[1].event, alone=True)  # `live` notes what is settled before it
        else:
            reference.tick(step)
        if done == checkpoint:
            counted = {user: len(state.events) for user, state in reference.users.items()}
    return counted
