"""I6: Redis first, then the changelog, then the commit; as sampled while it ran."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.records import Checkpoint
from tests.chaos.invariants import Violations


@dataclass(frozen=True, slots=True)
class Sample:
    """One partition at one moment, asked in this order: Kafka's commits, changelog, Redis.

    `losses`: twice the number of losses of Redis by then, odd while one is under way; before the
    first question and after the last.
    """

    partition: int
    committed: tuple[int, ...]
    checkpoint: Checkpoint | None
    meta: Mapping[str, str]
    positions: tuple[int, ...]  # in Redis
    losses: tuple[int, int]

    @property
    def steady(self) -> bool:
        """Whether Redis kept its data while the sample was taken."""
        before, after = self.losses
        return before == after and before % 2 == 0


def disordered(samples: Sequence[Sample]) -> Violations:
    """I6: committed offset <= changelog's position <= Redis', at every moment.

    Redis is left out from a loss until the next run is there: then it is behind, and repaired.
    """
    first: dict[str, int] = {}
    for sample in samples:
        ours = sample.checkpoint.positions if sample.checkpoint else (0,) * len(sample.committed)
        if any(there > here for there, here in zip(sample.committed, ours, strict=True)):
            what = f"committed {sample.committed}, changelog {ours}"
            yield f"I6: partition {sample.partition}: {what}"
        run = sample.meta.get("run")
        if run is None or "building" in sample.meta or sample.checkpoint is None:
            continue
        if not sample.steady:
            continue
        since = first.setdefault(run, sample.losses[0])
        if run != sample.checkpoint.run or sample.losses != (since, since):
            continue
        if any(there > here for there, here in zip(ours, sample.positions, strict=True)):
            yield f"I6: partition {sample.partition}: changelog {ours}, Redis {sample.positions}"
