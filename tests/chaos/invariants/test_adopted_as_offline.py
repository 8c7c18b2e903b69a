"""A catalogue that changed: half adopted, adopted, and adopted wrongly."""

from typing import TypeGuard

from schemas.journal import Adopted, Entry, Tick
from tests.chaos.invariants.same_as_offline import different
from tests.chaos.judging import judge_partition
from tests.chaos.seen import Seen
from tests.chaos.small.histories import at_end, changed_catalogue, rows_changed
from tests.chaos.small.worker import ENGINE, ENGINES


def by_catalogue(seen: Seen) -> list[int]:
    """Where in the stream the changes stand that a catalogue made."""
    kinds = [change["cause"]["kind"] for _, change in seen.changes]
    return [place for place, kind in enumerate(kinds) if kind == "catalogue"]


def test_i5_a_changed_catalogue_is_no_violation() -> None:
    """Adopted by half, adopted back, and adopted: tags follow, rows are those of the engine."""
    right = changed_catalogue().partition()
    assert list(judge_partition(right, ENGINES)) == []
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
    found = different(at_end(right, changes=changes), ENGINES)
    assert any(f"changes differ at {number}" in v for v in found)


def test_i5_a_user_whom_the_new_rules_were_not_applied_to_is_found() -> None:
    """Their changes are missing, and the hash is as the old rules left it."""
    right = changed_catalogue().partition()
    user = right.end.changes[by_catalogue(right.end)[-1]][1]["user_id"]
    last = {n for n in by_catalogue(right.end) if right.end.changes[n][1]["user_id"] == user}
    kept = [change for place, (_, change) in enumerate(right.end.changes) if place not in last]
    changes = list(enumerate(kept, right.changelog.runs[0].base.seq + 1))
    meta = {**right.end.meta, "seq": str(changes[-1][0])}
    found = list(different(at_end(right, changes=changes, meta=meta), ENGINES))
    assert any("changes published" in v for v in found)


def test_i5_a_row_that_the_new_catalogue_does_not_write_is_found() -> None:
    worker = changed_catalogue()
    found = list(different(rows_changed(worker, -1), ENGINES))
    assert any("row of u" in v for v in found)


def test_i5_a_catalogue_that_nobody_has_is_found() -> None:
    right = changed_catalogue().partition()
    only = {layout: engine for layout, engine in ENGINES.items() if engine is ENGINE}
    assert any("nobody has" in v for v in different(right, only))


def test_i5_an_adoption_left_out_of_the_journal_is_found() -> None:
    """The last one: as if the worker had gone on with new rules and told nobody."""
    right = changed_catalogue().partition()
    last = max(e.n for e in right.end.journal if is_adoption(e.e[0]))
    journal = [
        Entry(e.n, (Tick(0),)) if is_adoption(e.e[0]) and e.n == last else e
        for e in right.end.journal
    ]
    assert list(different(at_end(right, journal=journal), ENGINES))
