"""What the offline engine does not compute, and rows in which one bit is another."""

from dataclasses import replace

import pytest

from tests.chaos.invariants.same_as_offline import different
from tests.chaos.partition import Partition
from tests.chaos.small.histories import at_end, one_run, rows_changed
from tests.chaos.small.worker import ENGINES


def test_i5_a_change_that_the_engine_does_not_compute_is_found(right: Partition) -> None:
    number, change = right.end.changes[-1]
    wrong = (number, {**change, "time": change["time"] + 1})
    planted = at_end(right, changes=[*right.end.changes[:-1], wrong])
    assert any("changes differ" in v for v in different(planted, ENGINES))


def test_i5_a_missing_alert_is_found(right: Partition) -> None:
    seen = next(seen for seen in right.seen if seen.alerts)
    planted = [replace(s, alerts=s.alerts[:-1]) if s is seen else s for s in right.seen]
    found = different(replace(right, seen=planted), ENGINES)
    assert any("alerts published" in v for v in found)


@pytest.mark.parametrize("pick", [0, 2, -1])
def test_i5_a_row_that_differs_in_one_bit_is_found(pick: int) -> None:
    """In the middle of the run, and at its end."""
    worker = one_run()
    assert list(different(worker.partition(), ENGINES)) == []
    found = list(different(rows_changed(worker, pick), ENGINES))
    assert any("row of u" in v for v in found)


def test_i5_a_new_run_that_nobody_needed_is_found(right: Partition) -> None:
    found = list(different(replace(right, seen=right.seen[1:]), ENGINES))
    assert "I5: 2 runs, though Redis lost data 0 times only" in found


def test_i5_a_call_left_out_of_the_journal_is_found(right: Partition) -> None:
    journal = [entry for entry in right.end.journal if entry.n != 4]
    found = list(different(at_end(right, journal=journal), ENGINES))
    assert any("call 5 after 3" in v for v in found)


def test_i5_a_count_of_a_community_that_is_not_the_users_is_found(right: Partition) -> None:
    counts = {**right.end.communities, "c1": {"members": 77}}
    found = list(different(at_end(right, communities=counts), ENGINES))
    assert any("community c1 has {'members': 77}" in v for v in found)
