"""I1 and I2, of records: the calls of a run cover every record, and none twice."""

from collections.abc import Iterator

from schemas.journal import Events
from tests.chaos.changelog import Run
from tests.chaos.invariants import Violations
from tests.chaos.partition import Partition


def lost(partition: Partition) -> Violations:
    """I1: Redis stands at the end of every topic, and no call left a record out."""
    for index, (topic, log) in enumerate(zip(partition.topics, partition.logs, strict=True)):
        end, at = (log[-1].offset + 1 if log else 0), partition.end.meta.get(f"pos:{topic}")
        if int(at or 0) != end:
            yield f"I1 {topic}: Redis is at {at}, the topic ends at {end}"
        for run, was, then in _steps(partition, index):
            if then[0] > was:
                yield f"I1 {topic}: run {run.id} went from {was} to {then[0]}"


def applied_twice(partition: Partition) -> Violations:
    """I2, of records: within a run no call covers what an earlier one covered."""
    for index, topic in enumerate(partition.topics):
        for run, was, then in _steps(partition, index):
            if then[0] < was:
                yield f"I2 {topic}: run {run.id} went back from {was} to {then[0]}"


def _steps(partition: Partition, topic: int) -> Iterator[tuple[Run, int, tuple[int, int]]]:
    """Run by run: how far a topic was read, and the next range of it that a call covers."""
    for run in partition.changelog.runs:
        at = run.base.positions[topic]
        for entry in partition.calls(run):
            for applied in entry.e:
                if isinstance(applied, Events):
                    yield run, at, applied.ranges[topic]
                    at = applied.ranges[topic][1]
