"""`score: {type: points}`: points for each type of event."""

from dataclasses import dataclass

from streams.aggregates.additive import Additive
from streams.aggregates.figure import Source


@dataclass(frozen=True, slots=True)
class Score(Additive):
    """Each event adds the points of its type, which may be negative."""

    def amount(self, source: Source) -> str:
        """The points of the event's type, known when the source is written."""
        assert self.measure.points is not None
        return str(int(self.measure.points[source["type"].strip("'")]))

    @property
    def falls(self) -> bool:
        """Not if a type takes points away: then any bucket that leaves may raise the total."""
        return all(points >= 0 for points in (self.measure.points or {}).values())
