"""I7: only its owner moves a partition, and who was replaced is refused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.chaos.invariants import Violations
from tests.chaos.invariants.order_of_writes import Sample


def usurped(samples: Sequence[Sample]) -> Violations:
    """I7: no epoch gives way to a lower one while Redis keeps its data; numbers never fall.

    The clock does where a new run begins: with the rows, behind what the lost calls had shown.
    While the run is built Redis still shows the clock of the one before.
    """
    before: dict[int, Sample] = {}
    for sample in samples:
        if not sample.steady:
            continue
        last = before.get(sample.partition)
        before[sample.partition] = sample
        if last is None or last.losses != sample.losses:
            continue
        for name in ("epoch", "seq", "alert_seq", "clock"):
            if name == "clock" and _begins(last, sample):
                continue
            was, now = int(last.meta.get(name, "-1")), int(sample.meta.get(name, "-1"))
            if now < was:
                yield f"I7: partition {sample.partition}: {name} fell from {was} to {now}"


def _begins(last: Sample, sample: Sample) -> bool:
    """Whether a run began to count between the two."""
    return "building" in last.meta or last.meta.get("run") != sample.meta.get("run")


@dataclass(frozen=True, slots=True)
class Zombie:
    """A worker that was frozen until others had its partitions, and went on."""

    name: str
    had: int  # partitions, when it froze
    fenced: float  # tagstream_fenced_total when it had come to itself


def unnoticed(zombies: Iterable[Zombie]) -> Violations:
    """I7: each zombie that held something was refused at least once."""
    for zombie in zombies:
        if zombie.had and not zombie.fenced:
            yield f"I7: zombie {zombie.name} of {zombie.had} partitions was never refused"
