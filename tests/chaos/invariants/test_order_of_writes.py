"""Commits ahead of the changelog, and a changelog ahead of Redis."""

from dataclasses import replace

from schemas.records import Checkpoint
from tests.chaos.invariants.order_of_writes import disordered
from tests.chaos.small.sampled import sample


def test_i6_an_order_that_is_kept_is_no_violation() -> None:
    assert list(disordered([sample(1, 2, 3), sample(3, 3, 3)])) == []


def test_i6_an_offset_committed_too_early_is_found() -> None:
    assert len(list(disordered([sample(3, 2, 3)]))) == 1


def test_i6_a_changelog_ahead_of_redis_is_found() -> None:
    assert len(list(disordered([sample(1, 4, 3)]))) == 1


def test_i6_redis_behind_after_a_loss_is_no_violation_until_the_next_run() -> None:
    lost = replace(sample(1, 4, 0), losses=(2, 2))
    assert list(disordered([sample(1, 4, 4), lost])) == []
    again = replace(sample(1, 4, 3, run="b"), losses=(2, 2))
    assert again.checkpoint is not None
    newer = replace(again, checkpoint=Checkpoint((4,), "b", 1, 1, 0, 1, 0, {}, "c@1"))
    assert len(list(disordered([sample(1, 4, 4), lost, newer]))) == 1
