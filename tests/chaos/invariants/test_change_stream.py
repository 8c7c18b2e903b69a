"""Changes that are missing or come twice, and hashes that they do not give."""

from dataclasses import replace

from tests.chaos.invariants.change_stream import broken_streams
from tests.chaos.partition import Partition
from tests.chaos.small.histories import at_end
from tests.chaos.small.worker import ENGINES


def test_i3_a_change_that_is_missing_is_found(right: Partition) -> None:
    planted = at_end(right, changes=[*right.end.changes[:-3], *right.end.changes[-2:]])
    assert any("not dense" in v for v in broken_streams(planted, ENGINES))


def test_i3_a_change_that_comes_twice_is_found(right: Partition) -> None:
    planted = at_end(right, changes=[*right.end.changes, right.end.changes[-1]])
    assert any("do not rise" in v for v in broken_streams(planted, ENGINES))


def test_i3_a_hash_that_its_changes_do_not_give_is_found(right: Partition) -> None:
    hashes = {**right.end.hashes, "u1": {**right.end.hashes["u1"], "payer": {"value": True}}}
    (found,) = broken_streams(at_end(right, hashes=hashes), ENGINES)
    assert "u1 shows" in found


def test_i3_a_loss_does_not_hide_what_was_wrong_before_it(right: Partition) -> None:
    before = replace(right.seen[0], changes=right.seen[0].changes[:-1])
    planted = replace(right, seen=[before, *right.seen[1:]])
    assert any("not dense" in v for v in broken_streams(planted, ENGINES))
