"""One look at a small deployment while it runs."""

from schemas.records import Checkpoint
from tests.chaos.invariants.order_of_writes import Sample


def sample(committed: int, ours: int, redis: int, **meta: str) -> Sample:
    """Of one topic, in run `a`."""
    given = {"run": "a", "epoch": "5", "seq": "9", "alert_seq": "0", "clock": "7", **meta}
    checkpoint = Checkpoint((ours,), "a", 1, 1, 0, 1, 0, {}, "c@1")
    return Sample(0, (committed,), checkpoint, given, (redis,), (0, 0))
