"""I5: what is recovered, what is live and what is computed offline are the same."""

import json
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import groupby, takewhile
from math import inf
from typing import Any

from schemas.changes import decode_change, encode_change
from schemas.journal import Adopted, Entry
from streams.communities import Counts
from streams.engine import Engine
from tests.chaos.changelog import Run, Written
from tests.chaos.invariants import Violations
from tests.chaos.partition import Partition
from tests.chaos.reference import Engines, Reference
from tests.chaos.seen import Seen, Stream


def different(partition: Partition, engines: Engines) -> Violations:
    """I5: each run's streams, and every row an owner ever wrote, are the offline engine's."""
    runs = partition.changelog.runs
    for run in runs:
        seen = partition.fullest(run)
        if seen is None:
            if run.written and run is not runs[-1]:
                yield f"I5: run {run.id} was never seen: the harness has a hole"
            continue
        yield from _run_differs(partition, engines, run, seen, last=run is runs[-1])
    if len(runs) > len(partition.seen):
        yield f"I5: {len(runs)} runs, though Redis lost data {len(partition.seen) - 1} times only"
    if runs and partition.end.run != runs[-1].id:
        yield f"I5: Redis shows run {partition.end.run}, the changelog {runs[-1].id}"


def _run_differs(
    partition: Partition, engines: Engines, run: Run, seen: Seen, *, last: bool
) -> Violations:
    reference, calls = Reference(engines, partition, run), partition.calls(run)
    for expected, entry in enumerate(calls, run.base.calls + 1):
        if entry.n != expected:
            yield f"I5: run {run.id}: call {entry.n} after {expected - 1}"
            return
    written = deque(run.written)
    for layout, group in groupby(calls, key=_adopted):
        if layout is None:
            for entry in group:
                yield from _checkpoints_differ(run, written, reference, entry.n - 1)
                reference.apply(entry)
            continue
        entries = list(group)
        yield from _checkpoints_differ(run, written, reference, entries[0].n - 1)
        if layout not in engines:
            yield f"I5: run {run.id}: call {entries[0].n} adopts a catalogue that nobody has"
            return
        _adopt(reference, engines[layout], entries, run, seen)
    end = run.base.calls + len(calls)
    yield from _checkpoints_differ(run, written, reference, end)
    if written:
        yield f"I5: run {run.id}: a checkpoint of call {written[0].checkpoint.calls}, seen {end}"
    yield from _stream_differs("changes", run.base.seq, seen.changes, reference.effects.changes)
    yield from _stream_differs("alerts", run.base.alert_seq, seen.alerts, reference.effects.alerts)
    yield from _counts_differ(run, seen.communities, reference.counts())
    if last:
        yield from _state_differs(partition, reference)


def _adopted(entry: Entry) -> int | None:
    """The fingerprint of the catalogue that the call made ours; None of any other call."""
    layouts = [one.layout for one in entry.e if isinstance(one, Adopted)]
    return layouts[0] if layouts else None


def _adopt(
    reference: Reference, engine: Engine, entries: Sequence[Entry], run: Run, seen: Seen
) -> None:
    """All calls with which one catalogue was adopted, whoever made them.

    It is done once a checkpoint says so; else somebody died, and who came next had another one.
    """
    begin, n = run.base.seq + len(reference.effects.changes), entries[-1].n
    # beyond the next checkpoint they are of who adopted it again, after another had published none
    end = next((w.checkpoint.seq for w in run.written if w.checkpoint.calls >= n), inf)
    behind = (change for number, change in seen.changes if begin < number <= end)
    own = takewhile(lambda change: _is_by(engine, change), behind)
    published = [decode_change(json.dumps(change)) for change in own]
    done = [w for w in run.written if w.found and w.checkpoint.calls == n]
    if done and done[0].found and done[0].checkpoint.layout == engine.layout:
        found = done[0].found
        since = [e for e in seen.journal if found.checkpoint.calls < e.n < entries[0].n]
        reference.adopt(engine.layout, found, since, published)
    else:
        reference.half_adopt(published)


def _is_by(engine: Engine, change: Mapping[str, Any]) -> bool:
    kind = change["cause"]["kind"]
    return bool(kind == "catalogue" and change["catalogue"] == engine.catalogue.id)


def _counts_differ(run: Run, shown: Counts, counts: Counts) -> Violations:
    """I5: what Redis counts for each community is what the users of the offline engine do."""
    for community in sorted(shown.keys() | counts.keys()):
        there, here = shown.get(community), counts.get(community)
        if there != here:
            yield f"I5: run {run.id}: community {community} has {there}, expected {here}"
            return


def _checkpoints_differ(
    run: Run, written: deque[Written], reference: Reference, n: int
) -> Violations:
    """All checkpoints of calls up to `n`, at which the reference stands."""
    while written and written[0].checkpoint.calls <= n:
        due = written.popleft()
        checkpoint = due.checkpoint
        if due.found and checkpoint.layout != reference.state.layout:
            if reference.state.all_users():
                yield f"I5: run {run.id}, call {n}: a checkpoint of a catalogue that no call adopts"
            reference.adopt(checkpoint.layout, due.found, (), ())
        if checkpoint.calls != n:
            continue
        if checkpoint.clock != reference.state.clock:
            clocks = f"clock {checkpoint.clock}, {reference.state.clock} here"
            yield f"I5: run {run.id}, call {n}: {clocks}"
        for user, row in due.rows.items():
            if (row or None) != (reference.row(user) or None):
                yield f"I5: run {run.id}, call {n}: the row of {user} differs"
                return
        reference.checkpointed()


def _stream_differs(kind: str, base: int, stream: Stream, effects: Sequence[Any]) -> Violations:
    published = [(number, entry) for number, entry in stream if number > base]
    wanted = [_numbered(effect, number) for number, effect in enumerate(effects, base + 1)]
    if len(published) != len(wanted):
        yield f"I5: {len(published)} {kind} published, {len(wanted)} expected"
    for (number, there), here in zip(published, wanted, strict=False):
        if there != here:
            yield f"I5: {kind} differ at {number}: published {there}, expected {here}"
            return


def _numbered(effect: Any, number: int) -> Mapping[str, Any]:
    effect.seq = number
    return dict(json.loads(encode_change(effect)))


def _state_differs(partition: Partition, reference: Reference) -> Violations:
    """The changelog at the end, which is the live state that the last owner wrote."""
    kept = {user: row for user, row in partition.changelog.rows.items() if row}
    here = {user: row for user, row in reference.rows().items() if row}
    for user in sorted(kept.keys() | here.keys()):
        if kept.get(user) != here.get(user):
            yield f"I5: at the end the changelog's row of {user} differs from the offline engine's"
            return
    if int(partition.end.meta["clock"]) != reference.state.clock:
        yield f"I5: clock {partition.end.meta['clock']}, offline {reference.state.clock}"
