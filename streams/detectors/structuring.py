"""`structuring`: several amounts just below a threshold, as if to stay under a report.

A velocity of the amounts in `[threshold - band, threshold)`: those outside are not looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from schemas.alerts import evidence_of
from streams import numbers
from streams.aggregates.figure import Source
from streams.catalogue.fields import Fields
from streams.catalogue.parameters import Parameter, Value, number
from streams.detectors.kind import describe, duration
from streams.detectors.recent import Seen, shown
from streams.detectors.velocity import Velocity


def structuring_evidence(recent: list[Seen], within: int, threshold: int) -> dict[str, object]:
    """The amounts, how many within how long, and what they stay below; `total` of those shown."""
    events = shown(recent)
    total = sum(amount or 0 for _, _, _, amount, *_ in recent[-len(events) :])
    return evidence_of(
        events,
        count=len(recent),
        within=within,
        threshold=numbers.money(threshold),
        total=numbers.money(total),
    )


@dataclass(frozen=True, slots=True)
class Structuring(Velocity):
    """Keeps the newest `count` events with an amount in the band."""

    takes: ClassVar[Mapping[str, Parameter]] = {
        "threshold": number("the limit that somebody stays just below", places=2),
        "band": number("how far below the limit is suspicious", places=2),
        **Velocity.takes,
    }
    looks_at: ClassVar[str | None] = "amount"
    functions: ClassVar[dict[str, object]] = Velocity.functions | {
        "structuring_evidence": structuring_evidence
    }

    @classmethod
    def doubt(cls, fields: Fields, types: tuple[str, ...], found: Mapping[str, Value]) -> None:  # noqa: ARG003 - of no matter
        """No amount is below nothing."""
        if found.get("band", 0) > found.get("threshold", Decimal("Infinity")):
            fields.wrong(fields.value_place("band"), '"band" may not exceed "threshold"')

    @property
    def text(self) -> str:
        """How many amounts in which band within how long."""
        low, threshold = self._limits()
        band = f"from {numbers.money(low)} to below {numbers.money(threshold)}"
        within = duration(self.parameter("within"))
        return describe(self.detector, f"{self.parameter('count')} {band} within {within}")

    def needs(self, source: Source) -> str | None:
        """An amount in the band."""
        low, threshold = self._limits()
        amount = source["amount"]
        return f"{amount} is not None and {low} <= {amount} < {threshold}"

    def evidence(self, source: Source) -> str:  # noqa: ARG002 - it is in what is kept
        """See `structuring_evidence`."""
        figures = f"{self.parameter('within')}, {self._limits()[1]}"
        return f"structuring_evidence(s.recent_{self.detector.name}, {figures})"

    def _limits(self) -> tuple[int, int]:
        """The band in cents: from, to below."""
        threshold, band = (self.detector.parameters[name] * 100 for name in ("threshold", "band"))
        return int(threshold - band), int(threshold)
