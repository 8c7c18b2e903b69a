"""`sum: FIELD`: the total of a field; an event without it adds nothing."""

from dataclasses import dataclass
from typing import ClassVar

from streams.aggregates.additive import Additive
from streams.aggregates.figure import Source
from streams.catalogue.forms import Form, of_field


@dataclass(frozen=True, slots=True)
class Sum(Additive):
    """Each event adds its field; no event field is negative. Money adds up in cents."""

    form: ClassVar[Form] = of_field("the sum of an event field", ("number", "money"))

    def amount(self, source: Source) -> str:
        """The field."""
        return self.field_source(source)
