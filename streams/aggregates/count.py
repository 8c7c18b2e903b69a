"""`count: [types]`: how many events."""

from dataclasses import dataclass
from typing import ClassVar

from streams.aggregates.additive import Additive
from streams.aggregates.figure import Source
from streams.catalogue.forms import Form, of_events


@dataclass(frozen=True, slots=True)
class Count(Additive):
    """Each event adds one."""

    form: ClassVar[Form] = of_events("how many events of these types")

    def amount(self, source: Source) -> str:  # noqa: ARG002 - every event counts the same
        """One."""
        return "1"
