"""The reference for detectors: what a user's events say, and what is on at an instant."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from schemas.events import Event
from streams.catalogue.model import Detector, Expression

RANK = {"info": 0, "warning": 1, "critical": 2}


class Anomalies:
    """What detectors know of one user."""

    def __init__(self, detectors: Mapping[str, Detector]) -> None:
        self.detectors = detectors
        self.hits: dict[str, int] = {}  # detector: last hit
        self.alerts: dict[str, int] = {}
        self.hushed: dict[str, int] = {}

    def saw(
        self, events: list[Event], clock: int, holds: Callable[[Expression, Event], bool]
    ) -> Iterator[tuple[str, int, int, tuple[str, ...]]]:
        """The last of the events has come: detector, time, suppressed and ids of each alert."""
        for name, d in self.detectors.items():
            fed = [e for e in events if e.type in d.of and (not d.where or holds(d.where, e))]
            if not fed or fed[-1] is not events[-1]:
                continue
            newest = sorted(fed, key=lambda e: e.time)[-int(d.parameters["count"]) :]
            close = newest[0].time > newest[-1].time - d.parameters["within"]
            if len(newest) < d.parameters["count"] or fed[-1] not in newest or not close:
                continue
            self.hits[name] = clock
            if name in self.alerts and clock < self.alerts[name] + d.cooldown:
                self.hushed[name] = self.hushed.get(name, 0) + 1
                continue
            yield name, clock, self.hushed.pop(name, 0), tuple(e.id for e in newest[-10:])
            self.alerts[name] = clock

    def ends(self) -> Iterator[int]:
        """When flags end."""
        for name, hit in self.hits.items():
            yield hit + self.detectors[name].flag

    def tag(self, name: str, at: int) -> Any:
        """The value of a tag that detectors make."""
        on = {n for n, hit in self.hits.items() if at < hit + self.detectors[n].flag}
        if name == "anomaly":
            return max((self.detectors[n].severity for n in on), key=RANK.get, default=None)  # type: ignore[arg-type] # known
        return (name.removeprefix("anomaly_") in on) or None
