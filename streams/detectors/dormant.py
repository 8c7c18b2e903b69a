"""`dormant`: a sign of life after a long silence.

The silence is measured between event times, from the newest event before. A late event, older
than that one, ends no silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from schemas.alerts import evidence_of
from schemas.events import Event
from streams.aggregates.figure import Source
from streams.catalogue.parameters import Parameter, span
from streams.compiler.code import Lines, StateField
from streams.detectors.kind import Hit, Kind, describe, duration
from streams.detectors.recent import shown


def dormant_evidence(event: Event, amount: int | None, last: int) -> dict[str, object]:
    """The event that ended the silence, when the one before was, and the time between (ms)."""
    seen = (event.time, event.source, event.id, amount)
    return evidence_of(shown([seen]), last=last, silence=event.time - last)


@dataclass(frozen=True, slots=True)
class Dormant(Kind):
    """Keeps the time of the newest event."""

    takes: ClassVar[Mapping[str, Parameter]] = {"idle": span("how long without an event")}
    functions: ClassVar[dict[str, object]] = {"Hit": Hit, "dormant_evidence": dormant_evidence}

    @property
    def text(self) -> str:
        """After how long."""
        return describe(self.detector, f"after {duration(self.parameter('idle'))} of silence")

    def fields(self) -> list[StateField]:
        """When the newest event was."""
        return [StateField(f"last_{self.detector.name}", int | None, None)]

    def hit(self, source: Source) -> tuple[Lines, str]:  # noqa: ARG002 - any event is a sign
        """Whether the silence was long enough."""
        kept = f"s.last_{self.detector.name}"
        note = [f"last = {kept}", "if last is None or time > last:", f"    {kept} = time"]
        return note, f"last is not None and time - last >= {self.parameter('idle')}"

    def evidence(self, source: Source) -> str:
        """See `dormant_evidence`."""
        return f"dormant_evidence(event, {source['amount']}, last)"
