"""Lateness does not change what is said of a user: only when it is said."""

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import Event
from schemas.topics import TOPICS
from streams.catalogue.model import Catalogue
from streams.effects import Effects
from streams.engine import Engine
from tests.streams.beside import play
from tests.streams.catalogues import Arrival, histories, random_catalogues

ORDERS = 100


def tags_after(engine: Engine, events: Sequence[Event]) -> dict[str, Any]:
    """Every tag of every user when these have come and what they made due is settled."""
    partition, out = engine.partition(0, TOPICS), Effects()
    for number, event in enumerate(events):
        play(partition, number, Arrival(event, None), out)
    partition.tick(partition.clock)
    while partition.slice(100, 100_000, out):
        pass
    return {
        user: {tag: state.value for tag, state in partition.snapshot(user).items()}
        for user in sorted(partition.user_ids())
    }


@settings(max_examples=20, deadline=None)
@given(random_catalogues(holds=False, detectors=False), histories(), st.randoms())
def test_a_hundred_orders_of_arrival_end_in_the_same_tags(
    catalogue: Catalogue, history: list[Arrival], random: Random
) -> None:
    """Without holds and detectors, which look at the order on purpose."""
    engine = Engine(catalogue)
    events = list({(a.event.source, a.event.id): a.event for a in history}.values())
    expected = tags_after(engine, events)
    for _ in range(ORDERS):
        random.shuffle(events)
        assert tags_after(engine, events) == expected
