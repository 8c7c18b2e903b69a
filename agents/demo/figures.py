"""What a worker has done so far, read from its `/metrics` page."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

K = TypeVar("K")

_HANDLED = ("applied", "late", "duplicate", "rejected")
_BUCKET = "tagstream_event_to_visible_seconds_bucket"


@dataclass(frozen=True, slots=True)
class Figures:
    """Totals since the worker began; `waits` counts events by upper bound of latency (s)."""

    outcomes: Mapping[str, int] = field(default_factory=dict)
    changes: int = 0
    alerts: int = 0
    lag: int = 0
    waits: Mapping[float, int] = field(default_factory=dict)

    @property
    def handled(self) -> int:
        """Events that are through, whatever came of them."""
        return sum(self.outcomes.get(outcome, 0) for outcome in _HANDLED)

    def since(self, before: "Figures") -> "Figures":
        """What was done between `before` and now; the lag is that of now."""
        return Figures(
            _less(self.outcomes, before.outcomes),
            self.changes - before.changes,
            self.alerts - before.alerts,
            self.lag,
            _less(self.waits, before.waits),
        )

    def wait(self, share: float) -> float | None:
        """The latency (s) that `share` of the events did not exceed, as a bucket's upper bound.

        None without events. Infinity where the histogram ends below it.
        """
        total = max(self.waits.values(), default=0)
        if not total:
            return None
        return min(bound for bound, count in self.waits.items() if count >= share * total)


def read_figures(page: str) -> Figures:
    """The figures on a metrics page."""
    samples = [s for family in text_string_to_metric_families(page) for s in family.samples]
    return Figures(
        outcomes=_sums(samples, "tagstream_events_total", "outcome"),
        changes=_total(samples, "tagstream_tag_changes_total"),
        alerts=_total(samples, "tagstream_alerts_total"),
        lag=_total(samples, "tagstream_consumer_lag_records"),
        waits={float(le): n for le, n in _sums(samples, _BUCKET, "le").items()},
    )


def _total(samples: list[Sample], name: str) -> int:
    return int(sum(sample.value for sample in samples if sample.name == name))


def _sums(samples: list[Sample], name: str, label: str) -> dict[str, int]:
    sums = Counter[str]()
    for sample in samples:
        if sample.name == name:
            sums[sample.labels[label]] += int(sample.value)
    return dict(sums)


def _less(now: Mapping[K, int], before: Mapping[K, int]) -> dict[K, int]:
    return {key: count - before.get(key, 0) for key, count in now.items()}
