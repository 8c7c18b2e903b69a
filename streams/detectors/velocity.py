"""`velocity`: many events within a short time, exact to the millisecond.

The newest `count` events are kept (see `recent`). An event is a hit if it is one of them and
they all lie in the span `(t - within, t]`, t the newest of their times.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from schemas.alerts import evidence_of
from streams.aggregates.figure import Source
from streams.catalogue.parameters import COUNT, WITHIN, Parameter
from streams.compiler.code import Lines, StateField
from streams.detectors.kind import Hit, Kind, describe, duration
from streams.detectors.recent import Seen, keep, shown


def completes(recent: list[Seen], seen: Seen, count: int, within: int) -> bool:
    """Keep the event if it is among the newest `count`; whether it completes a span with them.

    >>> kept = []
    >>> [completes(kept, (t, "app", f"e{t}", None), 3, 10) for t in (0, 9, 4, 10, 11)]
    [False, False, True, True, True]
    """
    return keep(recent, seen, count, within) and len(recent) == count


def velocity_evidence(recent: list[Seen], within: int) -> dict[str, object]:
    """The events that lie within the span, and how many within how long."""
    return evidence_of(shown(recent), count=len(recent), within=within)


@dataclass(frozen=True, slots=True)
class Velocity(Kind):
    """Keeps the newest `count` events."""

    takes: ClassVar[Mapping[str, Parameter]] = {"count": COUNT, "within": WITHIN}
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

    def evidence(self, source: Source) -> str:  # noqa: ARG002 - it is in what is kept
        """See `velocity_evidence`."""
        return f"velocity_evidence(s.recent_{self.detector.name}, {self.parameter('within')})"
