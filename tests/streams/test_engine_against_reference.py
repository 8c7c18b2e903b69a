"""The engine does exactly what a slow, obvious recomputation of everything does."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.alerts import Alert
from schemas.changes import EventCause, TagChange
from schemas.topics import TOPICS
from streams.catalogue.model import Catalogue
from streams.engine import Effects, Engine, Partition
from tests.streams.catalogues import Arrival, catalogues, histories
from tests.streams.reference import Reference

FINE = settings(max_examples=120, deadline=None)


def told(change: TagChange) -> tuple[Any, ...]:
    """A change as the reference writes it."""
    kind = "event" if isinstance(change.cause, EventCause) else "expiry"
    assert change.why is not None
    why = (
        None if (change.tag or "").startswith("anomaly") else (change.why.rule, change.why.measures)
    )
    return (change.user_id, change.tag, change.old, change.new, change.time, kind, why)


def alerted(alert: Alert) -> tuple[Any, ...]:
    """An alert as the reference writes it."""
    events: Any = alert.evidence["events"]
    ids = tuple(event.id for event in events)
    return (alert.user_id, alert.detector, alert.time, alert.suppressed, ids)


def topic_of(arrival: Arrival) -> int:
    """The topic index of an event."""
    return ["Interaction", "Transaction", "Profile"].index(type(arrival.event).__name__)


def play(partition: Partition, number: int, arrival: Arrival, out: Effects) -> str:
    """One event, with its number as offset."""
    return partition.apply(topic_of(arrival), number, arrival.event, arrival.event.time, out)


@FINE
@given(catalogues, histories(), st.lists(st.integers(1, 4), min_size=30, max_size=30))
def test_changes_and_alerts_are_those_of_a_recomputation(
    catalogue: Catalogue, history: list[Arrival], slices: list[int]
) -> None:
    """Late, repeated and simultaneous events, ticks and slices of any size."""
    engine = Engine(catalogue)
    partition = engine.partition(0, TOPICS)
    reference = Reference(catalogue)
    out = Effects()
    for number, arrival in enumerate(history):
        if arrival.tick is not None:
            partition.tick(arrival.tick)
            reference.clock = max(reference.clock, arrival.tick)
            reference.ticked = max(reference.ticked, arrival.tick)
            settled = partition.slice(slices[number], 100, out)
            if settled:
                reference.settle_to((settled.instant, settled.user))
        alone = partition.due  # slices are open: they settle the others
        outcome = play(partition, number, arrival, out)
        assert outcome == reference.apply(arrival.event, alone=alone)
        assert [told(change) for change in out.changes] == reference.changes
    partition.tick(partition.clock + 100 * 86_400_000)
    while partition.slice(2, 3, out):
        pass
    reference.settle_to((partition.clock + 1,))
    assert [told(change) for change in out.changes] == reference.changes
    assert [alerted(alert) for alert in out.alerts] == reference.alerts
    assert partition.clock == max(reference.clock, partition.clock)
    tags = {user: partition.snapshot(user) for user in partition.user_ids()}
    for user, state in reference.users.items():
        assert {t: (v.value, v.since) for t, v in tags[user].items()} == {
            t: (v, state.since[t]) for t, v in state.tags.items() if v is not None
        }
