"""Every kind does exactly what a recomputation from all raw events does."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.alerts import Alert
from schemas.changes import EventCause
from schemas.topics import TOPICS
from streams.catalogue.model import Catalogue
from streams.catalogue.order import evaluation_order
from streams.detectors import DETECTORS
from streams.engine import Effects, Engine
from tests.streams.catalogues import Arrival
from tests.streams.detectors import histories as random
from tests.streams.detectors.reference import KINDS, Told, TooClose, Watch
from tests.streams.test_engine_against_reference import play, told

FINE = settings(max_examples=80, deadline=None)


def alerted(alert: Alert) -> Told:
    """An alert as the reference writes it."""
    figures = dict(alert.evidence)
    ids = tuple(event.id for event in figures.pop("events"))
    figures.pop("content", None)
    cause = "event" if isinstance(alert.cause, EventCause) else "expiry"
    what = (alert.severity, alert.time, cause, alert.suppressed)
    return (alert.user_id, alert.detector, *what, ids, figures)


def assert_same(alerts: list[Told], expected: list[Told]) -> None:
    """Equal, but for the rounding of a baseline."""
    assert [alert[:7] for alert in alerts] == [alert[:7] for alert in expected]
    for one, other in zip(alerts, expected, strict=True):
        rounded = {key: other[7].pop(key) for key in ("baseline", "times") if key in other[7]}
        assert other[7] == {key: one[7][key] for key in one[7] if key not in rounded}
        if rounded:
            assert float(one[7]["baseline"]) * 100 == pytest.approx(rounded["baseline"], abs=1)
            assert one[7]["times"] == pytest.approx(rounded["times"], rel=0.02)


def recompute(watch: Watch, arrival: Arrival, *, alone: bool) -> None:
    """One event; what proves nothing is left out."""
    try:
        watch.apply(arrival.event, alone=alone)
    except TooClose:
        assume(False)  # noqa: FBT003 - its signature


def compare(catalogue: Catalogue, history: list[Arrival], slices: list[int]) -> list[Told]:
    """The engine, its rows packed now and then, beside the reference; the alerts."""
    engine, out = Engine(catalogue), Effects()
    partition, watch = engine.partition(0, TOPICS), Watch(catalogue, evaluation_order(catalogue))
    for number, arrival in enumerate(history):
        if arrival.tick is not None:
            partition.tick(arrival.tick)
            watch.clock = max(watch.clock, arrival.tick)
            watch.ticked = max(watch.ticked, arrival.tick)
            if settled := partition.slice(slices[number], 100, out):
                watch.settle_to((settled.instant, settled.user))
        alone = partition.due  # slices are open: they settle the others
        play(partition, number, arrival, out)
        recompute(watch, arrival, alone=alone)
        if slices[number] == 1:
            partition.take_dirty()
    partition.tick(partition.clock + 20 * random.DAY)
    while partition.slice(2, 3, out):
        pass
    watch.settle_to((partition.clock + 1,))
    assert [told(change) for change in out.changes] == watch.changes
    alerts = [alerted(alert) for alert in out.alerts]
    assert_same(alerts, watch.told)
    return alerts


@FINE
@given(random.catalogues, random.histories(), st.lists(st.integers(1, 4), min_size=30, max_size=30))
def test_alerts_and_flags_are_those_of_a_recomputation(
    catalogue: Catalogue, history: list[Arrival], slices: list[int]
) -> None:
    """All times exact, with events late, repeated and at the edges, rows packed in between."""
    compare(catalogue, history, slices)


@pytest.mark.parametrize("name", random.DETECTORS)
@settings(max_examples=30, deadline=None)
@given(data=st.data(), slices=st.lists(st.integers(1, 4), min_size=30, max_size=30))
def test_each_kind_alone(name: str, data: st.DataObject, slices: list[int]) -> None:
    """Its own events only, and a short cooldown, so that there are many alerts."""
    catalogue = random.catalogue_of([name], "1d", "6h", ["critical"])
    history = data.draw(random.histories(catalogue.detectors[name].of))
    compare(catalogue, history, slices)


def test_every_kind_has_a_reference() -> None:
    """Whoever adds a kind is asked for it here."""
    assert KINDS.keys() == DETECTORS.keys()
    catalogue = random.catalogue_of(list(random.DETECTORS), "1d", "1d", ["info"] * 9)
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
