"""`sum: FIELD`: the total of a field; an event without it adds nothing."""

from dataclasses import dataclass

from streams.aggregates.additive import Additive
from streams.aggregates.figure import Source


@dataclass(frozen=True, slots=True)
class Sum(Additive):
    """Each event adds its field; no event field is negative. Money adds up in cents."""

    def amount(self, source: Source) -> str:
        """The field."""
        return self.field_source(source)
