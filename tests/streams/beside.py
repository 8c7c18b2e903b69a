"""The engine beside a slow reference, event by event: the same changes, alerts and tags."""

from collections.abc import Sequence
from typing import Any

import pytest

from schemas.alerts import Alert
from schemas.changes import (
    CatalogueCause,
    EraseCause,
    EventCause,
    ExpiryCause,
    OverrideCause,
    TagChange,
)
from schemas.topics import TOPICS
from streams.effects import Effects
from streams.engine import Engine, Partition
from tests.streams.catalogues import Arrival
from tests.streams.reference import Reference, Row
from tests.streams.reference_anomalies import Told

SILENCE = 100 * 86_400_000
CAUSES: dict[type, str] = {
    EventCause: "event",
    ExpiryCause: "expiry",
    OverrideCause: "override",
    CatalogueCause: "catalogue",
}
ROUNDED: dict[str, Any] = {"baseline": {"abs": 0.01}, "times": {"rel": 0.02}}
"""Figures that come out of floating point, and how close they must be."""


def told(change: TagChange) -> Row:
    """A change as the reference writes it; why a detector says something it does not know."""
    if change.tag is None:
        assert (change.old, change.new, change.cause, change.why) == (
            None,
            None,
            EraseCause(),
            None,
        )
        return (change.user_id, "", None, None, change.time, "erase", None)
    assert change.why is not None
    text = change.why.rule
    if text.startswith("forget_after: "):
        text = "forget_after"
    why = None if change.tag.startswith("anomaly") else (text, dict(change.why.measures))
    kind = CAUSES[type(change.cause)]
    return (change.user_id, change.tag, change.old, change.new, change.time, kind, why)


def alerted(alert: Alert) -> Told:
    """An alert as the reference writes it."""
    figures: dict[str, Any] = dict(alert.evidence)
    ids = tuple(event.id for event in figures.pop("events"))
    figures.pop("content", None)
    what = (alert.severity, alert.time, CAUSES[type(alert.cause)], alert.suppressed)
    return (alert.user_id, alert.detector, *what, ids, figures)


def topic_of(arrival: Arrival) -> int:
    """The topic index of an event."""
    return ["Interaction", "Transaction", "Profile"].index(type(arrival.event).__name__)


def play(partition: Partition, number: int, arrival: Arrival, out: Effects) -> str:
    """One event, with its number as offset."""
    return partition.apply(topic_of(arrival), number, arrival.event, arrival.event.time, out)


def compare(reference: Reference, history: Sequence[Arrival], slices: Sequence[int]) -> None:
    """Ticks worked off in slices of these sizes, rows packed now and then, at last a silence."""
    partition, out = Engine(reference.catalogue).partition(0, TOPICS), Effects()
    for number, arrival in enumerate(history):
        if arrival.tick is not None:
            partition.tick(arrival.tick)
            reference.tick(arrival.tick)
            if settled := partition.slice(slices[number], 100, out):
                reference.settle_to((settled.instant, settled.user))
        alone = partition.due  # then others' deadlines are for slices
        outcome = play(partition, number, arrival, out)
        assert outcome == reference.apply(arrival.event, alone=alone)
        assert_same_effects(out, reference)
        if slices[number] == 1:
            partition.take_dirty()
    be_silent(partition, reference, 0, out)
    assert_same_tags(partition, reference)
    be_silent(partition, reference, SILENCE, out)
    assert_same_tags(partition, reference)


def be_silent(partition: Partition, reference: Reference, span: int, out: Effects) -> None:
    """Nothing happens for so long."""
    partition.tick(partition.clock + span)
    while partition.slice(2, 3, out):
        pass
    reference.settle_to((partition.clock + 1,))
    assert_same_effects(out, reference)


def assert_same_effects(out: Effects, reference: Reference) -> None:
    """What both said since the last time; only a baseline may be rounded otherwise."""
    assert [told(change) for change in out.changes] == reference.changes
    alerts = [alerted(alert) for alert in out.alerts]
    for (*alert, figures), (*expected, recomputed) in zip(alerts, reference.alerts, strict=True):
        assert alert == expected
        for figure, close in ROUNDED.items():
            if figure in recomputed:
                assert float(figures.pop(figure)) == pytest.approx(recomputed.pop(figure), **close)
        assert figures == recomputed
    for said in (out.changes, out.alerts, reference.changes, reference.alerts):
        said.clear()


def assert_same_tags(partition: Partition, reference: Reference) -> None:
    """The same users, with the same tags since the same time."""
    assert sorted(partition.user_ids()) == sorted(reference.users)
    for name, user in reference.users.items():
        tags = {tag: (s.value, s.since) for tag, s in partition.snapshot(name).items()}
        since = user.since
        assert tags == {t: (v, since[t]) for t, v in user.tags.items() if v is not None}
