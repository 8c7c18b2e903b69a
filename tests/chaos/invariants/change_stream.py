"""I3: the stream of changes is dense, and gives exactly the hashes."""

import json
from itertools import pairwise

from schemas.changes import decode_change
from tests.agents.folded import Hashes, fold
from tests.chaos.changelog import Run
from tests.chaos.invariants import Violations
from tests.chaos.partition import Partition
from tests.chaos.reference import Engines, Reference
from tests.chaos.seen import Stream


def broken_streams(partition: Partition, engines: Engines) -> Violations:
    """I3: dense, no repeats; what a run showed at its start, plus its changes, is what it shows."""
    for seen in partition.seen:
        ids = [number for number, _ in seen.changes]
        if any(after <= before for before, after in pairwise(ids)):
            yield "I3: ids in the stream of changes do not rise"
        run = next((run for run in partition.changelog.runs if run.id == seen.run), None)
        if run is None:
            continue
        own = [(n, change) for n, change in seen.changes if n > run.base.seq]
        if [number for number, _ in own] != list(
            range(run.base.seq + 1, int(seen.meta["seq"]) + 1)
        ):
            yield f"I3: run {run.id}: its changes are not dense up to {seen.meta['seq']}"
        start = Reference(engines, partition, run)
        yield from _not_the_fold(run, start.hashes(run.base.seq), own, seen.hashes)


def _not_the_fold(run: Run, start: Hashes, changes: Stream, shown: Hashes) -> Violations:
    folded = fold((decode_change(json.dumps(change)) for _, change in changes), start)
    for user in sorted(folded.keys() | shown.keys()):
        if folded.get(user) != shown.get(user):
            yield (
                f"I3: run {run.id}: {user} shows {shown.get(user)}, "
                f"its changes give {folded.get(user)}"
            )
            return
