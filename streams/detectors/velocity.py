"""`velocity`: many events within a short time, exact to the millisecond.

The newest `count` events are kept, in the order of event time. An event is a hit if it is one
of them and they all lie in the span `(t - within, t]`, t the newest of their times. So three
events within an hour are found in whichever order they arrive; a late event that would
complete a span further back is older than all that is kept, and is no hit.
"""

from dataclasses import dataclass
from typing import ClassVar

from schemas.alerts import MOST_EVENTS, Evidence, evidence_of
from streams import numbers
from streams.aggregates.figure import Source
from streams.compiler.code import Lines, StateField
from streams.detectors.kind import Hit, Kind, describe, duration

Seen = tuple[int, str, str, int | None]
"""Time, source, id and amount (cents) of an event."""


def completes(recent: list[Seen], seen: Seen, count: int, within: int) -> bool:
    """Keep the event if it is among the newest `count`; whether it completes a span with them.

    >>> kept = []
    >>> [completes(kept, (t, "app", f"e{t}", None), 3, 10) for t in (0, 9, 4, 10, 11)]
    [False, False, True, True, True]
    >>> [seen[0] for seen in kept]
    [9, 10, 11]
    """
    place = len(recent)
    while place and recent[place - 1][0] > seen[0]:
        place -= 1
    if len(recent) == count:
        if not place:
            return False  # older than all that is kept
        del recent[0]
        place -= 1
    recent.insert(place, seen)
    return len(recent) == count and recent[0][0] > recent[-1][0] - within


def velocity_evidence(recent: list[Seen], within: int) -> dict[str, object]:
    """The events that lie within the span, and how many within how long."""
    events = [
        Evidence(source, name, time, numbers.money(amount))
        for time, source, name, amount in recent[-MOST_EVENTS:]
    ]
    return evidence_of(events, count=len(recent), within=within)


@dataclass(frozen=True, slots=True)
class Velocity(Kind):
    """Keeps the newest `count` events."""

    functions: ClassVar[dict[str, object]] = {
        "Hit": Hit,
        "completes": completes,
        "velocity_evidence": velocity_evidence,
    }

    @property
    def text(self) -> str:
        """How many events within how long."""
        within = duration(self.parameter("within"))
        return describe(self.detector, f"{self.parameter('count')} within {within}")

    def fields(self) -> list[StateField]:
        """The newest events."""
        return [StateField(f"recent_{self.detector.name}", list[Seen], [])]

    def hit(self, source: Source) -> tuple[Lines, str]:
        """See `completes`."""
        recent = f"s.recent_{self.detector.name}"
        seen = f"(time, event.source, event.id, {source['amount']})"
        limits = f"{self.parameter('count')}, {self.parameter('within')}"
        return [], f"completes({recent}, {seen}, {limits})"

    def evidence(self) -> str:
        """See `velocity_evidence`."""
        return f"velocity_evidence(s.recent_{self.detector.name}, {self.parameter('within')})"
