"""What must hold after every run, whatever went wrong: I1 to I11, each a pure function.

Each takes what was observed and returns its violations, one line each. `test_invariants.py` has
for every one a planted violation that it must find.
"""

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, takewhile
from typing import Any

from schemas.changes import decode_change, encode_change
from schemas.decode import Decoder
from schemas.journal import Adopted, Entry, Events
from schemas.records import Checkpoint
from schemas.rejects import Rejected
from schemas.topics import INPUT_TOPICS
from streams.communities import Counts
from streams.engine import Engine
from tests.chaos.evidence import Changelog, Hashes, Run, Seen, Stream, Written
from tests.chaos.reference import Engines, Reference
from tests.end_to_end.audit import Logs

Found = Iterator[str]
"""Violations."""
REMEMBERED = 32  # events of a user and topic, by which repeats are known


@dataclass(frozen=True, slots=True)
class Partition:
    """All that is known of one partition at the end.

    `seen` are the moments just before each loss of Redis, and the end, in order.
    """

    number: int
    topics: Sequence[str]  # full names by topic index
    logs: Logs
    changelog: Changelog
    seen: Sequence[Seen]

    @property
    def end(self) -> Seen:
        """As Redis shows it when all is over."""
        return self.seen[-1]

    @property
    def published(self) -> int:
        """How many changes there were, those of lost runs included."""
        whole = [(run, self.fullest(run)) for run in self.changelog.runs]
        return sum(int(seen.meta["seq"]) - run.base.seq for run, seen in whole if seen)

    def fullest(self, run: Run) -> Seen | None:
        """The moment at which most of a run was there; None if it was never seen whole."""
        whole = [seen for seen in self.seen if seen.run == run.id]
        return max(whole, key=lambda seen: seen.calls, default=None)


# -- I1, I2: every event once


def lost(partition: Partition) -> Found:
    """I1: Redis stands at the end of every topic, and no call left a record out."""
    for index, (topic, log) in enumerate(zip(partition.topics, partition.logs, strict=True)):
        end, at = (log[-1].offset + 1 if log else 0), partition.end.meta.get(f"pos:{topic}")
        if int(at or 0) != end:
            yield f"I1 {topic}: Redis is at {at}, the topic ends at {end}"
        for run, was, then in _steps(partition, index):
            if then[0] > was:
                yield f"I1 {topic}: run {run.id} went from {was} to {then[0]}"


def applied_twice(partition: Partition) -> Found:
    """I2, of records: within a run no call covers what an earlier one covered."""
    for index, topic in enumerate(partition.topics):
        for run, was, then in _steps(partition, index):
            if then[0] < was:
                yield f"I2 {topic}: run {run.id} went back from {was} to {then[0]}"


def _steps(partition: Partition, topic: int) -> Iterator[tuple[Run, int, tuple[int, int]]]:
    """Run by run: how far a topic was read, and the next range of it that a call covers."""
    for run in partition.changelog.runs:
        seen = partition.fullest(run)
        at = run.base.positions[topic]
        for entry in _calls(run, seen):
            for applied in entry.e:
                if isinstance(applied, Events):
                    yield run, at, applied.ranges[topic]
                    at = applied.ranges[topic][1]


def _calls(run: Run, seen: Seen | None) -> Sequence[Entry]:
    return [entry for entry in seen.journal if entry.n > run.base.calls] if seen else ()


def miscounted(
    logs: Iterable[Logs],
    shown: Mapping[str, int],
    types: Sequence[str],
    engine: Engine,
    counted: Mapping[str, Sequence[str]],
) -> Found:
    """I1 and I2, of events, without an engine: each user's count is the number of their events.

    `shown`: user -> the tag that counts, as in Redis; users who are missing there are not checked.
    `counted`: the events that a user's changes name as counted, in order, as of `counting`. One
    that comes again beyond the last 32 counts again: forwarded ones may come so late.
    """
    topics = _topics(logs, types, engine)
    for user in sorted(shown):
        sent = topics.get(user, {})
        again = _forgotten(counted.get(user, ()), sent)
        if shown[user] != len(sent) + again:
            word = "I1 lost" if shown[user] < len(sent) else "I2 applied twice"
            rest = f" and {again} again" if again else ""
            yield f"{word}: {user} counts {shown[user]} events of {len(sent)}{rest}"


def _topics(
    logs: Iterable[Logs], types: Sequence[str], engine: Engine
) -> Mapping[str, Mapping[str, str]]:
    """User -> id -> topic of each event that counts."""
    decoder, found = Decoder(engine.catalogue.currency), dict[str, dict[str, str]]()
    for partition in logs:
        for topic, log in zip(INPUT_TOPICS, partition, strict=False):
            for record in log:
                try:
                    event = decoder.decode(topic, record.value, record.headers, record.timestamp)
                except Rejected:
                    continue
                if event.type in types:
                    found.setdefault(event.user_id, {})[event.id] = topic
    return found


def _forgotten(ids: Sequence[str], topics: Mapping[str, str]) -> int:
    """How many of these events came again when more than are remembered lay between."""
    last, had, again = dict[str, int](), Counter[str](), 0
    for one in ids:
        topic = topics.get(one, "")
        again += one in last and had[topic] - last[one] >= REMEMBERED
        had[topic] += 1
        last[one] = had[topic]
    return again


def counting(seen: Iterable[Seen], tag: str) -> Mapping[str, Sequence[str]]:
    """User -> the events by which `tag` rose, in order; what a loss took back came again later."""
    found: dict[str, dict[int, str]] = {}
    for moment in seen:
        for _, change in moment.changes:
            if change["tag"] == tag and change["new"] is not None and "id" in change["cause"]:
                found.setdefault(change["user_id"], {})[int(change["new"])] = change["cause"]["id"]
    return {user: [ids[n] for n in sorted(ids)] for user, ids in found.items()}


# -- I3, I4: the stream of changes


def broken_streams(partition: Partition, engines: Engines) -> Found:
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
        start = _reference(partition, engines, run)
        yield from _not_the_fold(run, start.hashes(run.base.seq), own, seen.hashes)


def _reference(partition: Partition, engines: Engines, run: Run) -> Reference:
    """At the start of the run."""
    layouts = partition.changelog.layouts
    return Reference(engines, partition.number, partition.topics, partition.logs, layouts, run)


def _not_the_fold(run: Run, start: Hashes, changes: Stream, shown: Hashes) -> Found:
    folded = {user: dict(tags) for user, tags in start.items()}
    for number, change in changes:
        tags = folded.setdefault(change["user_id"], {})
        if change["tag"] is None:
            tags.clear()
        elif change["new"] is None:
            tags.pop(change["tag"], None)
        else:
            here = {"value": change["new"], "since": change["time"], "seq": number}
            tags[change["tag"]] = here
    for user in sorted(folded.keys() | shown.keys()):
        if folded.get(user, {}) != shown.get(user, {}):
            yield (
                f"I3: run {run.id}: {user} shows {shown.get(user)}, "
                f"its changes give {folded.get(user)}"
            )
            return


def falling(told: Iterable[tuple[int, Mapping[str, Any]]]) -> Found:
    """I4: every user's numbers rise, and times never fall within a run; as a subscriber saw them.

    Takes a partition's changes in the order in which they were told.
    """
    last: dict[str, int] = {}
    for number, change in told:
        user = change["user_id"]
        if number <= last.get(user, 0):
            yield f"I4: {user} was told {number} after {last[user]}"
            return
        last[user] = number


# -- I5: recovered = live = offline


def different(partition: Partition, engines: Engines) -> Found:
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
) -> Found:
    reference, calls = _reference(partition, engines, run), _calls(run, seen)
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
    begin = run.base.seq + len(reference.effects.changes)
    behind = (change for number, change in seen.changes if number > begin)
    own = takewhile(lambda change: _is_by(engine, change), behind)
    published = [decode_change(json.dumps(change)) for change in own]
    done = [w for w in run.written if w.found and w.checkpoint.calls == entries[-1].n]
    if done and done[0].found and done[0].checkpoint.layout == engine.layout:
        found = done[0].found
        since = [e for e in _calls(run, seen) if found.checkpoint.calls < e.n < entries[0].n]
        reference.adopt(engine.layout, found, since, published)
    else:
        reference.half_adopt(published)


def _is_by(engine: Engine, change: Mapping[str, Any]) -> bool:
    kind = change["cause"]["kind"]
    return bool(kind == "catalogue" and change["catalogue"] == engine.catalogue.id)


def _counts_differ(run: Run, shown: Counts, counts: Counts) -> Found:
    """I5: what Redis counts for each community is what the users of the offline engine do."""
    for community in sorted(shown.keys() | counts.keys()):
        there, here = shown.get(community), counts.get(community)
        if there != here:
            yield f"I5: run {run.id}: community {community} has {there}, expected {here}"
            return


def _checkpoints_differ(run: Run, written: deque[Written], reference: Reference, n: int) -> Found:
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


def _stream_differs(kind: str, base: int, stream: Stream, effects: Sequence[Any]) -> Found:
    published = [(number, entry) for number, entry in stream if number > base]
    wanted = list(_numbered(effects, base))
    if len(published) != len(wanted):
        yield f"I5: {len(published)} {kind} published, {len(wanted)} expected"
    for (number, there), (_, here) in zip(published, wanted, strict=False):
        if there != here:
            yield f"I5: {kind} differ at {number}: published {there}, expected {here}"
            return


def _numbered(effects: Sequence[Any], base: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, effect in enumerate(effects, base + 1):
        effect.seq = number
        yield number, json.loads(encode_change(effect))


def _state_differs(partition: Partition, reference: Reference) -> Found:
    """The changelog at the end, which is the live state that the last owner wrote."""
    kept = {user: row for user, row in partition.changelog.rows.items() if row}
    here = {user: row for user, row in reference.rows().items() if row}
    for user in sorted(kept.keys() | here.keys()):
        if kept.get(user) != here.get(user):
            yield f"I5: at the end the changelog's row of {user} differs from the offline engine's"
            return
    if int(partition.end.meta["clock"]) != reference.state.clock:
        yield f"I5: clock {partition.end.meta['clock']}, offline {reference.state.clock}"


# -- I6, I7: what was sampled while it ran


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


def disordered(samples: Sequence[Sample]) -> Found:
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


def usurped(samples: Sequence[Sample]) -> Found:
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


def unnoticed(zombies: Iterable[Zombie]) -> Found:
    """I7: each zombie that held something was refused at least once."""
    for zombie in zombies:
        if zombie.had and not zombie.fenced:
            yield f"I7: zombie {zombie.name} of {zombie.had} partitions was never refused"


# -- I8, I9


@dataclass(frozen=True, slots=True)
class Progress:
    """Between two faults: records that Redis shows more than before, by partition."""

    after: str  # the fault before; "start" before the first
    records: Mapping[int, int]
    seconds: float


def stuck(progress: Sequence[Progress], faults: int) -> Found:
    """I8: every partition went on after each fault, and before the first one."""
    if not progress or progress[0].after != "start":
        yield "I8: invalid: the run ended before its first fault"
    if len(progress) != faults + 1:
        yield f"I8: invalid: {faults} faults, {len(progress)} looks at the progress"
    for look in progress:
        for partition in sorted(p for p, records in look.records.items() if not records):
            yield f"I8: partition {partition} stood still {look.seconds:.0f} s after {look.after}"


def unaccounted(outcomes: Mapping[str, float], consumed: int) -> Found:
    """I9: consumed = applied + duplicate + late + rejected + forwarded; from the metrics."""
    known = ("applied", "duplicate", "late", "rejected", "forwarded")
    told = sum(outcomes.get(name, 0.0) for name in known)
    if told != consumed:
        yield f"I9: {consumed} records consumed, the metrics tell of {told:.0f}: {dict(outcomes)}"


# -- I10, I11


@dataclass(frozen=True, slots=True)
class Told:
    """What a subscriber was told of a partition, in order."""

    kind: str  # "begin", "end", "change"
    run: str
    seq: int
    reason: str = ""


def untold(told: Sequence[Told]) -> Found:
    """I10: changes follow one another without a hole, and where they do not, a gap was told.

    `told` is of one partition, over all the subscriber's connections.
    """
    at: tuple[str, int] | None = None
    known = False  # something, once: a snapshot that broke off leaves what was known before
    for news in told:
        if news.kind == "begin":
            if not known and news.reason not in ("first", "interrupted"):
                yield f"I10: a gap ({news.reason}) where nothing was known"
            at = None
        elif news.kind == "end":
            at, known = (news.run, news.seq), True
        elif at is None or (news.run, news.seq) != (at[0], at[1] + 1):
            yield f"I10: told {news.run} {news.seq} after {at}"
            return
        else:
            at = (news.run, news.seq)


def unequal(mirrored: Mapping[int, Hashes], shown: Mapping[int, Hashes]) -> Found:
    """I10: what a subscriber knows at the end is what Redis shows."""
    for partition, users in shown.items():
        mirror = mirrored.get(partition, {})
        for user in sorted(users.keys() | mirror.keys()):
            if users.get(user) != mirror.get(user):
                yield (
                    f"I10: partition {partition}: {user} is {mirror.get(user)} to the subscriber, "
                    f"{users.get(user)} in Redis"
                )
                return


def unbounded(peaks_mb: Mapping[str, float], most_mb: float) -> Found:
    """I11: no worker's memory went beyond the limit."""
    for name, peak in peaks_mb.items():
        if peak > most_mb:
            yield f"I11: worker {name} used {peak:.0f} MB, allowed are {most_mb:.0f}"


def overlong(lengths: Mapping[str, int], kept: int) -> Found:
    """I11: streams keep about `kept` entries (Redis cuts whole nodes: a tenth or 200 more)."""
    for stream, length in lengths.items():
        if length > kept + max(200, kept // 10):
            yield f"I11: {stream} has {length} entries, about {kept} are to be kept"


def summed(texts: Iterable[str], metric: str) -> Counter[str]:
    """A metric of several workers, added up by its `outcome` label (or in all, as "")."""
    found: Counter[str] = Counter()
    for text in texts:
        for line in text.splitlines():
            if line.startswith((f"{metric}{{", f"{metric} ")):
                labels, _, value = line.rpartition(" ")
                _, _, rest = labels.partition('outcome="')
                found[rest.partition('"')[0]] += int(float(value))
    return found
