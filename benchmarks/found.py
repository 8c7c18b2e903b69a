"""How good a detector is: its alerts against what was planted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agents.simulate.planting import Truth
from schemas.alerts import Alert


@dataclass(slots=True)
class Score:
    """Counts of one detector; `right`: alerts that tell of something planted."""

    planted: int = 0
    found: int = 0
    alerts: int = 0
    right: int = 0

    @property
    def recall(self) -> float:
        """Share of what was planted that was found."""
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        """Share of the alerts that are right."""
        return self.right / self.alerts if self.alerts else 1.0


def scores(truths: Iterable[Truth], alerts: Mapping[str, Iterable[Alert]]) -> dict[str, Score]:
    """The score of each detector; `alerts` by the name of the detector in the truth."""
    planted = defaultdict[tuple[str, str], list[Truth]](list)
    result = {name: Score() for name in alerts}
    for truth in truths:
        planted[truth.detector, truth.user_id].append(truth)
        result.setdefault(truth.detector, Score()).planted += 1
    for name, told in alerts.items():
        seen = set[int]()
        for alert in told:
            result[name].alerts += 1
            hits = [one for one in planted[name, alert.user_id] if tells_of(alert, one)]
            result[name].right += bool(hits)
            seen.update(map(id, hits))
        result[name].found = len(seen)
    return result


def tells_of(alert: Alert, truth: Truth) -> bool:
    """By the events that it shows: one of them is of the story."""
    return any(event.id in truth.events for event in alert.evidence["events"])
