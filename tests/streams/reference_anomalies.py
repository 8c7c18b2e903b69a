"""The reference for detectors: flags, alerts and what is kept quiet; the kinds find the hits."""

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.events import Event
from streams.catalogue.model import Detector
from tests.streams.detectors.loans import due_of, late
from tests.streams.detectors.reference import KINDS, Found
from tests.streams.reference_expressions import holds

RANK = {"info": 0, "warning": 1, "critical": 2}
Told = tuple[str, str, str, int, str, int, tuple[str, ...], dict[str, Any]]
"""An alert: user, detector, severity, time, kind of cause, suppressed, ids, figures."""


class Anomalies:
    """What detectors know of one user. `hits`: the last of each; `told`: the alerts so far."""

    def __init__(self, user: str, detectors: Mapping[str, Detector], told: list[Told]) -> None:
        self.user, self.detectors, self.told = user, detectors, told
        self.hits: dict[str, int] = {}
        self.alerts: dict[str, int] = {}
        self.hushed: dict[str, int] = {}
        self.overdue: set[tuple[str, int]] = set()  # detector, number of a late borrow

    def saw(self, events: list[Event], clock: int) -> None:
        """The last of the events has come."""
        for d in self.detectors.values():
            fed = seen(d, events)
            if fed and fed[-1] is events[-1] and (found := KINDS[d.kind](d, fed)):
                self.hit(d, clock, "event", found)

    def looked(self, events: list[Event], at: int) -> None:
        """Time has come so far: loans may have become overdue."""
        for d in self.detectors.values():
            for number, found in late(d, seen(d, events), at) if d.kind == "overdue" else ():
                if (d.name, number) not in self.overdue:
                    self.overdue.add((d.name, number))
                    self.hit(d, at, "expiry", found)

    def hit(self, d: Detector, at: int, cause: str, found: Found) -> None:
        """The flag is on; an alert, unless the last is too recent."""
        self.hits[d.name] = at
        if d.name in self.alerts and at < self.alerts[d.name] + d.cooldown:
            self.hushed[d.name] = self.hushed.get(d.name, 0) + 1
            return
        ids, quiet = tuple(e.id for e in found[0][-10:]), self.hushed.pop(d.name, 0)
        self.told.append((self.user, d.name, d.severity, at, cause, quiet, ids, found[1]))
        self.alerts[d.name] = at

    def instants(self, events: list[Event]) -> Iterator[int]:
        """When flags end, and when loans are due."""
        for name, hit in self.hits.items():
            yield hit + self.detectors[name].flag
        for d in self.detectors.values():
            if d.kind == "overdue":
                yield from (due for e in seen(d, events) if (due := due_of(d, e)) is not None)

    def tag(self, name: str, tags: Mapping[str, Any], at: int) -> Any:
        """The value of a tag that detectors make; the summary looks at the flags as they are."""
        if name == "anomaly":
            on = [d.severity for n, d in self.detectors.items() if tags.get(f"anomaly_{n}")]
            return max(on, key=RANK.__getitem__, default=None)
        detector = name.removeprefix("anomaly_")
        hit = self.hits.get(detector)
        return (hit is not None and at < hit + self.detectors[detector].flag) or None


def seen(d: Detector, events: list[Event]) -> list[Any]:
    """The events that the detector looks at; repays it always does."""
    return [
        e
        for e in events
        if e.type in d.of
        and ((d.kind == "overdue" and e.type == "repay") or not d.where or holds(d.where, e))
    ]
