"""Each invariant holds of a right history, and finds the violation that is planted in it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeGuard

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.journal import Adopted, Entry, Events, Tick
from schemas.records import Checkpoint
from tests.chaos import invariants
from tests.chaos.evidence import Changelog, Seen
from tests.chaos.invariants import Partition, Progress, Sample, Told, Zombie
from tests.chaos.play import COUNTED
from tests.chaos.small import ENGINE, ENGINES, START, Record, SmallWorker, event, history, one_run


@pytest.fixture(scope="module")
def right() -> Partition:
    return history()


def at_end(partition: Partition, **changed: Any) -> Partition:
    """The same with something else in Redis at the end."""
    return replace(partition, seen=[*partition.seen[:-1], replace(partition.end, **changed)])


def violations(partition: Partition) -> list[str]:
    """Everything that can be said of one partition."""
    found = [*invariants.lost(partition), *invariants.applied_twice(partition)]
    found += invariants.broken_streams(partition, ENGINES)
    found += invariants.different(partition, ENGINES)
    shown = {u: int(tags["counted"]["value"]) for u, tags in partition.end.hashes.items()}
    return found + list(miscounted(partition, shown))


def miscounted(partition: Partition, shown: Mapping[str, int]) -> Iterator[str]:
    counted = invariants.counting(partition.seen, "counted")
    return invariants.miscounted([partition.logs], shown, COUNTED, ENGINE, counted)


def ranges_moved(entry: Entry, by: int) -> Entry:
    """The same call, covering a record more or less of the first topic at its start."""
    (events,) = entry.e
    assert isinstance(events, Events)
    (first, until), *others = events.ranges
    return Entry(entry.n, (Events(((first + by, until), *others), events.skipped),))


def with_journal(partition: Partition, moved: int) -> Partition:
    """The last call of the last run covers its records differently."""
    *before, last = partition.end.journal
    return at_end(partition, journal=[*before, ranges_moved(last, moved)])


ACTIONS = (
    *("like", "payment", "join", "again", "block", "block", "checkpoint", "loss"),
    *("other", "half"),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2)), max_size=40), st.data())
def test_no_right_history_is_accused_and_every_call_left_out_is_found(
    actions: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Blocks, checkpoints and losses in any order; then one call is taken out of the journal."""
    worker = SmallWorker()
    for action, user in actions:
        worker.act(action, f"u{user}")
    worker.block()
    worker.checkpoint()
    right = worker.partition()
    assert violations(right) == []
    if right.end.journal:
        gone = data.draw(st.sampled_from(right.end.journal))
        left = [entry for entry in right.end.journal if entry is not gone]
        assert violations(at_end(right, journal=left))


def test_a_right_history_violates_nothing(right: Partition) -> None:
    """Two runs, repeats, rejects, a lost tail: the plants below are all that is wrong."""
    assert violations(right) == []
    assert len(right.changelog.runs) == 2
    assert all(run.written for run in right.changelog.runs)
    assert right.end.alerts or right.seen[0].alerts


# -- I1, I2


def test_i1_a_call_that_left_a_record_out_is_found(right: Partition) -> None:
    assert any("I1" in v for v in invariants.lost(with_journal(right, 1)))


def test_i1_a_topic_not_read_to_its_end_is_found(right: Partition) -> None:
    right.logs[2].append(Record(0, 0, b"u1", b"{}"))
    found = list(invariants.lost(right))
    right.logs[2].clear()
    assert found == ["I1 profiles: Redis is at 0, the topic ends at 1"]


def test_i2_a_record_covered_twice_is_found(right: Partition) -> None:
    assert any("I2" in v for v in invariants.applied_twice(with_journal(right, -1)))


@pytest.mark.parametrize(("wrong", "word"), [(-1, "I1 lost"), (1, "I2 applied twice")])
def test_i1_i2_a_count_that_is_not_the_number_of_events_is_found(
    right: Partition, wrong: int, word: str
) -> None:
    shown = {u: int(tags["counted"]["value"]) for u, tags in right.end.hashes.items()}
    assert list(miscounted(right, shown)) == []
    shown["u1"] += wrong
    (found,) = miscounted(right, shown)
    assert found.startswith(f"{word}: u1 ")


@pytest.mark.parametrize(("between", "word"), [(31, "I2 applied twice: u "), (32, "")])
def test_i2_an_event_that_counts_again_is_excused_only_when_it_may_be_forgotten(
    between: int, word: str
) -> None:
    """The last 32 of a user and topic are remembered."""
    log = [Record(n, START, b"u", event(n, "u", community_id="c")) for n in range(between + 1)]
    ids = [f"e{n}" for n in range(between + 1)]
    shown, counted = {"u": len(ids) + 1}, {"u": [*ids, "e0"]}
    found = list(invariants.miscounted([[log, [], []]], shown, COUNTED, ENGINE, counted))
    assert [line[: len(word)] for line in found] == ([word] if word else [])


# -- I3, I4


def test_i3_a_change_that_is_missing_is_found(right: Partition) -> None:
    planted = at_end(right, changes=[*right.end.changes[:-3], *right.end.changes[-2:]])
    assert any("not dense" in v for v in invariants.broken_streams(planted, ENGINES))


def test_i3_a_change_that_comes_twice_is_found(right: Partition) -> None:
    planted = at_end(right, changes=[*right.end.changes, right.end.changes[-1]])
    assert any("do not rise" in v for v in invariants.broken_streams(planted, ENGINES))


def test_i3_a_hash_that_its_changes_do_not_give_is_found(right: Partition) -> None:
    hashes = {**right.end.hashes, "u1": {**right.end.hashes["u1"], "payer": {"value": True}}}
    (found,) = invariants.broken_streams(at_end(right, hashes=hashes), ENGINES)
    assert "u1 shows" in found


def test_i3_a_loss_does_not_hide_what_was_wrong_before_it(right: Partition) -> None:
    before = replace(right.seen[0], changes=right.seen[0].changes[:-1])
    planted = replace(right, seen=[before, *right.seen[1:]])
    assert any("not dense" in v for v in invariants.broken_streams(planted, ENGINES))


def test_i4_a_number_that_comes_again_is_found() -> None:
    told = [(1, {"user_id": "u1"}), (2, {"user_id": "u2"}), (1, {"user_id": "u2"})]
    assert list(invariants.falling(told[:2])) == []
    assert list(invariants.falling(told)) == ["I4: u2 was told 1 after 2"]


# -- I5


def test_i5_a_change_that_the_engine_does_not_compute_is_found(right: Partition) -> None:
    number, change = right.end.changes[-1]
    wrong = (number, {**change, "time": change["time"] + 1})
    planted = at_end(right, changes=[*right.end.changes[:-1], wrong])
    assert any("changes differ" in v for v in invariants.different(planted, ENGINES))


def test_i5_a_missing_alert_is_found(right: Partition) -> None:
    seen = next(seen for seen in right.seen if seen.alerts)
    planted = [replace(s, alerts=s.alerts[:-1]) if s is seen else s for s in right.seen]
    found = invariants.different(replace(right, seen=planted), ENGINES)
    assert any("alerts published" in v for v in found)


def rows_changed(worker: SmallWorker, pick: int) -> Partition:
    """One bit of the n-th row in the changelog is another."""
    records = list(worker.records)
    at = [n for n, record in enumerate(records) if record.key.startswith(b"u")][pick]
    row = records[at].value
    assert row is not None
    records[at] = replace(records[at], value=row[:-1] + bytes([row[-1] ^ 1]))
    return replace(worker.partition(), changelog=Changelog().add(records))


@pytest.mark.parametrize("pick", [0, 2, -1])
def test_i5_a_row_that_differs_in_one_bit_is_found(pick: int) -> None:
    """In the middle of the run, and at its end."""
    worker = one_run()
    assert violations(worker.partition()) == []
    found = list(invariants.different(rows_changed(worker, pick), ENGINES))
    assert any("row of u" in v for v in found)


def test_i5_a_new_run_that_nobody_needed_is_found(right: Partition) -> None:
    found = list(invariants.different(replace(right, seen=right.seen[1:]), ENGINES))
    assert "I5: 2 runs, though Redis lost data 0 times only" in found


def test_i5_a_call_left_out_of_the_journal_is_found(right: Partition) -> None:
    journal = [entry for entry in right.end.journal if entry.n != 4]
    found = list(invariants.different(at_end(right, journal=journal), ENGINES))
    assert any("call 5 after 3" in v for v in found)


def changed_catalogue() -> SmallWorker:
    """Two users under one catalogue, a half and a whole adoption of the other, and more events."""
    worker = SmallWorker()
    for number in range(8):
        worker.send(f"u{number % 2}", "payment" if number % 3 == 0 else "join", amount=12, **C1)
        worker.block()
        if number == 3:
            worker.checkpoint()
    worker.change_catalogue(killed_after=1)
    worker.change_catalogue()
    for number in range(4):
        worker.send(f"u{number % 2}")
        worker.block()
    worker.checkpoint()
    return worker


C1 = {"community_id": "c1"}


def by_catalogue(seen: Seen) -> list[int]:
    """Where in the stream the changes stand that a catalogue made."""
    kinds = [change["cause"]["kind"] for _, change in seen.changes]
    return [place for place, kind in enumerate(kinds) if kind == "catalogue"]


def test_i5_a_changed_catalogue_is_no_violation() -> None:
    """Adopted by half, adopted back, and adopted: tags follow, rows are those of the engine."""
    right = changed_catalogue().partition()
    assert violations(right) == []
    assert len(by_catalogue(right.end)) > 3
    adopted = [one.layout for entry in right.end.journal for one in entry.e if is_adoption(one)]
    assert set(adopted) == set(ENGINES)


def is_adoption(applied: object) -> TypeGuard[Adopted]:
    return isinstance(applied, Adopted)


def test_i5_a_change_that_the_new_rules_do_not_make_is_found() -> None:
    right = changed_catalogue().partition()
    place = by_catalogue(right.end)[-1]
    changes = list(right.end.changes)
    number, change = changes[place]
    changes[place] = number, {**change, "new": "lukewarm"}
    found = invariants.different(at_end(right, changes=changes), ENGINES)
    assert any(f"changes differ at {number}" in v for v in found)


def test_i5_a_user_whom_the_new_rules_were_not_applied_to_is_found() -> None:
    """Their changes are missing, and the hash is as the old rules left it."""
    right = changed_catalogue().partition()
    user = right.end.changes[by_catalogue(right.end)[-1]][1]["user_id"]
    last = {n for n in by_catalogue(right.end) if right.end.changes[n][1]["user_id"] == user}
    kept = [change for place, (_, change) in enumerate(right.end.changes) if place not in last]
    changes = list(enumerate(kept, right.changelog.runs[0].base.seq + 1))
    meta = {**right.end.meta, "seq": str(changes[-1][0])}
    found = list(invariants.different(at_end(right, changes=changes, meta=meta), ENGINES))
    assert any("changes published" in v for v in found)


def test_i5_a_row_that_the_new_catalogue_does_not_write_is_found() -> None:
    worker = changed_catalogue()
    found = list(invariants.different(rows_changed(worker, -1), ENGINES))
    assert any("row of u" in v for v in found)


def test_i5_a_catalogue_that_nobody_has_is_found() -> None:
    right = changed_catalogue().partition()
    only = {layout: engine for layout, engine in ENGINES.items() if engine is ENGINE}
    assert any("nobody has" in v for v in invariants.different(right, only))


def test_i5_an_adoption_left_out_of_the_journal_is_found() -> None:
    """The last one: as if the worker had gone on with new rules and told nobody."""
    right = changed_catalogue().partition()
    last = max(e.n for e in right.end.journal if is_adoption(e.e[0]))
    journal = [
        Entry(e.n, (Tick(0),)) if is_adoption(e.e[0]) and e.n == last else e
        for e in right.end.journal
    ]
    assert list(invariants.different(at_end(right, journal=journal), ENGINES))


def test_i5_a_count_of_a_community_that_is_not_the_users_is_found(right: Partition) -> None:
    counts = {**right.end.communities, "c1": {"members": 77}}
    found = list(invariants.different(at_end(right, communities=counts), ENGINES))
    assert any("community c1 has {'members': 77}" in v for v in found)


# -- I6, I7


def sample(committed: int, ours: int, redis: int, **meta: str) -> Sample:
    """Of one topic, in run `a`."""
    given = {"run": "a", "epoch": "5", "seq": "9", "alert_seq": "0", "clock": "7", **meta}
    checkpoint = Checkpoint((ours,), "a", 1, 1, 0, 1, 0, {}, "c@1")
    return Sample(0, (committed,), checkpoint, given, (redis,), (0, 0))


def test_i6_an_order_that_is_kept_is_no_violation() -> None:
    assert list(invariants.disordered([sample(1, 2, 3), sample(3, 3, 3)])) == []


def test_i6_an_offset_committed_too_early_is_found() -> None:
    assert len(list(invariants.disordered([sample(3, 2, 3)]))) == 1


def test_i6_a_changelog_ahead_of_redis_is_found() -> None:
    assert len(list(invariants.disordered([sample(1, 4, 3)]))) == 1


def test_i6_redis_behind_after_a_loss_is_no_violation_until_the_next_run() -> None:
    lost = replace(sample(1, 4, 0), losses=(2, 2))
    assert list(invariants.disordered([sample(1, 4, 4), lost])) == []
    again = replace(sample(1, 4, 3, run="b"), losses=(2, 2))
    assert again.checkpoint is not None
    newer = replace(again, checkpoint=Checkpoint((4,), "b", 1, 1, 0, 1, 0, {}, "c@1"))
    assert len(list(invariants.disordered([sample(1, 4, 4), lost, newer]))) == 1


@pytest.mark.parametrize("name", ["epoch", "seq", "clock"])
def test_i7_a_number_that_fell_is_found(name: str) -> None:
    fell = sample(1, 2, 3, **{name: "1"})
    assert list(invariants.usurped([sample(1, 2, 3), sample(1, 2, 3)])) == []
    (found,) = invariants.usurped([sample(1, 2, 3), fell])
    assert f"{name} fell" in found
    for losses in ((0, 1), (1, 1), (2, 2)):  # while it lost data, and after it had
        assert list(invariants.usurped([sample(1, 2, 3), replace(fell, losses=losses)])) == []


def test_i7_a_clock_that_falls_where_a_new_run_begins_is_no_violation() -> None:
    """Until its end a new run shows the clock of the one before, which lost calls had moved."""
    built = sample(1, 2, 3, run="b", building="3")
    assert list(invariants.usurped([built, sample(1, 2, 3, run="b", clock="6")])) == []
    assert len(list(invariants.usurped([built, sample(1, 2, 3, run="b", epoch="4")]))) == 1


def test_i7_a_zombie_that_was_never_refused_is_found() -> None:
    assert list(invariants.unnoticed([Zombie("a", 2, 1.0), Zombie("b", 0, 0.0)])) == []
    assert len(list(invariants.unnoticed([Zombie("a", 2, 0.0)]))) == 1


# -- I8, I9


def test_i8_a_partition_that_stood_still_is_found() -> None:
    start = Progress("start", {0: 5, 1: 5}, 1.0)
    assert list(invariants.stuck([start, start], 1)) == []
    stood = Progress("kill_one", {0: 5, 1: 0}, 75.0)
    assert list(invariants.stuck([start, stood], 1)) == [
        "I8: partition 1 stood still 75 s after kill_one"
    ]


def test_i8_a_run_that_ended_before_its_first_fault_is_invalid() -> None:
    assert any("before its first fault" in v for v in invariants.stuck([], 3))
    assert any("looks at the progress" in v for v in invariants.stuck([], 3))


def test_i9_a_record_that_no_metric_tells_of_is_found() -> None:
    text = (
        'tagstream_events_total{outcome="applied",topic="interactions"} 7.0\n'
        'tagstream_events_total{outcome="late",topic="interactions"} 2.0\n'
        'tagstream_events_total{outcome="applied",topic="transactions"} 1.0\n'
    )
    outcomes = invariants.summed([text, text], "tagstream_events_total")
    assert outcomes == {"applied": 16, "late": 4}
    assert list(invariants.unaccounted(outcomes, 20)) == []
    assert len(list(invariants.unaccounted(outcomes, 21))) == 1


# -- I10, I11

TOLD = [
    Told("begin", "", -1, "first"),
    Told("end", "a", 4),
    Told("change", "a", 5),
    Told("begin", "a", 5, "new run"),
    Told("end", "b", 1_000_005),
    Told("change", "b", 1_000_006),
]


def test_i10_a_gap_that_was_told_is_no_violation() -> None:
    assert list(invariants.untold(TOLD)) == []


def test_i10_a_snapshot_that_broke_off_is_no_violation() -> None:
    """The reader comes back with what it knew before."""
    assert list(invariants.untold([*TOLD[:4], *TOLD[3:]])) == []
    assert len(list(invariants.untold(TOLD[3:]))) == 1


@pytest.mark.parametrize("missing", [2, 3, 4])
def test_i10_a_gap_that_was_not_told_is_found(missing: int) -> None:
    told = [*TOLD[:missing], *TOLD[missing + 1 :], Told("change", "b", 1_000_008)]
    assert len(list(invariants.untold(told))) == 1


def test_i10_a_subscriber_with_other_tags_is_found(right: Partition) -> None:
    shown = {0: right.end.hashes}
    assert list(invariants.unequal(shown, shown)) == []
    lacking = {user: tags for user, tags in right.end.hashes.items() if user != "u1"}
    assert len(list(invariants.unequal({0: lacking}, shown))) == 1
    assert len(list(invariants.unequal({}, shown))) == 1


def test_i11_memory_beyond_the_limit_is_found() -> None:
    assert list(invariants.unbounded({"a": 80.0}, 400.0)) == []
    assert len(list(invariants.unbounded({"a": 401.0}, 400.0))) == 1


def test_i11_a_stream_that_is_not_cut_is_found() -> None:
    assert list(invariants.overlong({"changes": 1_100}, 1_000)) == []
    assert len(list(invariants.overlong({"changes": 1_201}, 1_000))) == 1


# -- the evidence


def test_what_a_zombie_wrote_is_not_taken_for_an_owners() -> None:
    """Rows of an epoch below one seen before."""
    records = one_run().records
    good, claim = Changelog().add(records), replace(records[0], offset=100)
    late = [replace(r, offset=r.offset + 100) for r in records if r.key.startswith(b"u")]
    after = Changelog().add([*records, claim, *late])
    assert (after.rows, after.refused) == (good.rows, len(late))


def test_a_moment_at_which_a_run_was_still_written_shows_no_run(right: Partition) -> None:
    building: Seen = replace(right.end, meta={**right.end.meta, "building": "3"})
    assert building.run is None
