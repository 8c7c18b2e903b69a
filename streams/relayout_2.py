"""Rows of formats 1 and 2: what stands in them otherwise, put as it is now.

Buckets were numbers since 1970, days since the year 1, each value carried the key of its event,
remembered events were hashes of 8 bytes. See `streams.compiler.layout_2` and docs/decisions/0021.
"""

from collections.abc import Callable, Container
from typing import Any

from schemas.topics import INPUT_TOPICS
from streams.catalogue.model import Measure
from streams.compiler.layout import Described, Layout
from streams.local_days import NUMBER_0
from streams.repeats import WIDTH
from streams.row import SEEN, State
from streams.windows import origin

Complete = Callable[[list[Any], State], None]
"""Takes what could not be copied from the values of an old row into a state."""

_WIDTH_2 = 8


def upgrade(old: Described, layout: Layout, kept: Container[str]) -> Complete:
    """What has to be done to a state after the fields that are still the same were copied."""
    places = {name: place for place, (_, name, _) in enumerate(old.fields)}
    measures = [m for m in layout.catalogue.measures.values() if f"measure {m.name}" in kept]
    keys = [
        (f"from_{m.name}", places[f"key_{m.name}"]) for m in measures if f"key_{m.name}" in places
    ]
    rings = [(m, places[f"ring_{m.name}"]) for m in measures if f"ring_{m.name}" in places]
    days = [(f"newest_{m.name}", places[f"day_{m.name}"]) for m in measures if m.days]
    seen = [(SEEN[index], places[f"seen_{topic}"]) for index, topic in enumerate(INPUT_TOPICS)]

    def complete(was: list[Any], state: State) -> None:
        for field, place in seen:
            setattr(state, field, _shorter(was[place]))
        for field, place in days:
            if was[place]:  # 0: there was none yet
                setattr(state, field, was[place] - NUMBER_0)
        for measure, place in rings:
            if was[place]:
                setattr(state, f"buckets_{measure.name}", _moved(measure, was[place]))
        for field, place in keys:
            if was[place] is not None:
                setattr(state, field, _entered(state, tuple(was[place])))

    return complete


def _shorter(seen: bytes) -> bytes:
    """As many hashes, each cut."""
    return b"".join(seen[at : at + WIDTH] for at in range(0, len(seen), _WIDTH_2))


def _moved(measure: Measure, ring: list[Any]) -> list[Any]:
    """The ring with its buckets counted from where they are now."""
    assert measure.window is not None
    stride = 3 if measure.aggregate == "mean" else 2
    first = origin(measure.window.step)
    parts = [tuple(part) if isinstance(part, list) else part for part in ring]
    parts[::stride] = [bucket - first for bucket in ring[::stride]]
    return parts


def _entered(state: Any, key: Any) -> int:
    """The place of an event among the user's."""
    if state.events is None:
        state.events = []
    if key not in state.events:
        state.events.append(key)
    return int(state.events.index(key))
