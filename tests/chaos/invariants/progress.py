"""I8: after every fault each partition goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.invariants import Violations


@dataclass(frozen=True, slots=True)
class Progress:
    """Between two faults: records that Redis shows more than before, by partition."""

    after: str  # the fault before; "start" before the first
    records: Mapping[int, int]
    seconds: float


def stuck(progress: Sequence[Progress], faults: int) -> Violations:
    """I8: every partition went on after each fault, and before the first one."""
    if not progress or progress[0].after != "start":
        yield "I8: invalid: the run ended before its first fault"
    if len(progress) != faults + 1:
        yield f"I8: invalid: {faults} faults, {len(progress)} looks at the progress"
    for look in progress:
        for partition in sorted(p for p, records in look.records.items() if not records):
            yield f"I8: partition {partition} stood still {look.seconds:.0f} s after {look.after}"
