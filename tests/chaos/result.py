"""What came of a seed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Result:
    """One seed, played."""

    seed: int
    faults: Sequence[str]
    events: int = 0
    changes: int = 0
    runs: int = 0
    refused: float = 0.0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)
    folder: str = ""

    @property
    def verdict(self) -> str:
        """One word."""
        return "held" if not self.violations else "VIOLATED"

    def as_json(self) -> dict[str, Any]:
        """A line of the results file."""
        return {**asdict(self), "verdict": self.verdict}
