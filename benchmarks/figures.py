"""What one run of one contestant gave, and what several runs say together."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

TICK_S = 0.01  # in which Linux counts CPU time: a run is to be much longer


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run. `faults`: how its outputs differ from what is right; empty: not at all."""

    contestant: str
    events: int
    cpu_s: float
    wall_s: float
    rss_mb: float
    outputs: int
    changelog_records: int | None = None
    faults: tuple[str, ...] = ()

    @property
    def per_cpu_s(self) -> float:
        """Events per second of the contestant's own CPU time."""
        return self.events / max(self.cpu_s, TICK_S)

    @property
    def per_s(self) -> float:
        """Events per second on the wall clock."""
        return self.events / max(self.wall_s, TICK_S)

    def as_json(self) -> dict[str, object]:
        """All fields and the rates."""
        rates = {"events_per_cpu_s": round(self.per_cpu_s), "events_per_s": round(self.per_s)}
        return {**asdict(self), **rates}


@dataclass(frozen=True, slots=True)
class Spread:
    """Smallest, middle and largest of some figures."""

    least: float
    middle: float
    most: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Spread":
        """Return the spread of at least one figure.

        >>> Spread.of([3, 1, 2])
        Spread(least=1, middle=2, most=3)
        """
        return cls(min(figures), median(figures), max(figures))


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of ordered figures.

    >>> percentile([1, 2, 3, 4], 0.5), percentile([1, 2, 3, 4], 0.99)
    (2, 4)
    """
    rank = -(-len(ordered) * round(share * 1000) // 1000)
    return ordered[max(0, rank - 1)]
