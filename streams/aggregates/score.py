"""`score: {type: points}`: points for each type of event."""

from dataclasses import dataclass
from typing import ClassVar

from streams.aggregates.additive import Additive
from streams.aggregates.figure import Source
from streams.catalogue.fields import Fields
from streams.catalogue.forms import WINDOWED, Declared, Form, read_window
from streams.catalogue.shapes import EVENT_TYPE


def read_points(fields: Fields, aggregate: str) -> Declared:
    """`score: {type: points}`."""
    points, window = fields.points(aggregate), read_window(fields)
    return {"type": "number", "types": tuple(points), "points": points, "window": window}


@dataclass(frozen=True, slots=True)
class Score(Additive):
    """Each event adds the points of its type, which may be negative."""

    form: ClassVar[Form] = Form(
        "the sum of points, so many for each event of a type",
        {
            "type": "object",
            "propertyNames": EVENT_TYPE,
            "additionalProperties": {"type": "integer"},
        },
        WINDOWED,
        read_points,
    )

    def amount(self, source: Source) -> str:
        """The points of the event's type, known when the source is written."""
        assert self.measure.points is not None
        return str(int(self.measure.points[source["type"].strip("'")]))

    @property
    def falls(self) -> bool:
        """Not if a type takes points away: then any bucket that leaves may raise the total."""
        return all(points >= 0 for points in (self.measure.points or {}).values())
