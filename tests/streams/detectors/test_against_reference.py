"""Every kind does exactly what a recomputation from all raw events does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.topics import TOPICS
from streams.catalogue.model import Catalogue
from streams.detectors import DETECTORS
from streams.engine import Effects, Engine
from tests.streams.beside import compare, play
from tests.streams.catalogues import Arrival
from tests.streams.detectors import histories as random
from tests.streams.detectors.reference import KINDS
from tests.streams.reference import Reference

FINE = settings(max_examples=80, deadline=None)


@FINE
@given(random.catalogues, random.histories(), st.lists(st.integers(1, 4), min_size=30, max_size=30))
def test_alerts_and_flags_are_those_of_a_recomputation(
    catalogue: Catalogue, history: list[Arrival], slices: list[int]
) -> None:
    """All times exact, with events late, repeated and at the edges, rows packed in between."""
    compare(Reference(catalogue), history, slices)


@pytest.mark.parametrize("name", random.DETECTORS)
@settings(max_examples=30, deadline=None)
@given(data=st.data(), slices=st.lists(st.integers(1, 4), min_size=30, max_size=30))
def test_each_kind_alone(name: str, data: st.DataObject, slices: list[int]) -> None:
    """Its own events only, and a short cooldown, so that there are many alerts."""
    catalogue = random.catalogue_of([name], "1d", "6h", ["critical"])
    history = data.draw(random.histories(catalogue.detectors[name].of))
    compare(Reference(catalogue), history, slices)


def test_every_kind_has_a_reference() -> None:
    """Whoever adds a kind is asked for it here."""
    assert KINDS.keys() == DETECTORS.keys()
    catalogue = random.catalogue_of(list(random.DETECTORS), "1d", "1d", ["info"] * 10)
    assert {d.kind for d in catalogue.detectors.values()} == KINDS.keys()


@FINE
@given(random.catalogues, random.histories(), st.lists(st.booleans(), min_size=30, max_size=30))
def test_a_row_that_is_packed_and_loaded_elsewhere_gives_the_same_alerts(
    catalogue: Catalogue, history: list[Arrival], moves: list[bool]
) -> None:
    """At random points all rows go to a new partition, as after a crash or a rebalance."""
    engine = Engine(catalogue)
    stays, moved = engine.partition(0, TOPICS), engine.partition(0, TOPICS)
    out, other = Effects(), Effects()
    rows: dict[str, bytes | None] = {}
    for number, arrival in enumerate(history):
        play(stays, number, arrival, out)
        play(moved, number, arrival, other)
        if moves[number]:
            rows |= dict(moved.take_dirty())
            clock, moved = moved.clock, engine.partition(0, TOPICS)
            for user, row in rows.items():
                assert row is not None
                moved.load(user, row)
            moved.clock = clock
            moved.loaded()
    for partition, effects in ((stays, out), (moved, other)):
        partition.tick(partition.clock + 20 * random.DAY)
        while partition.slice(2, 3, effects):
            pass
    assert other == out
