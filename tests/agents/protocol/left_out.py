"""The rules of the protocol, each with what the code is without it: read `STEPS`.

They stand in the page's order, with the faults under which the damage shows.
docs/reliability.md is the same list for people.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.agents.protocol.without import block, checkpoint, new_run, taking, watch
from tests.agents.protocol.world import CALM

LeaveOut = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Step:
    """A rule: how to leave it out, and the histories in which that is seen."""

    leave_out: LeaveOut
    faults: tuple[str, ...]
    calm: tuple[str, ...] = CALM
    wall: bool | None = None
    unacknowledged: float | None = None
    every_s: float | None = None
    late: float | None = None
    repeats: bool = True

    def choices(self) -> dict[str, Any]:
        """What `play` is told about these histories."""
        names = ("faults", "calm", "wall", "unacknowledged", "every_s", "late", "repeats")
        return {name: getattr(self, name) for name in names}


CRASHES = ("crash", "torn", "freeze", "late", "rebalance", "polite", "double")
LOSSES = ("crash", "freeze", "failover", "flush", "away")

STEPS: Mapping[str, Step] = {
    "claim record": Step(taking.claim_record, CRASHES),
    "older epochs refused": Step(taking.older_epochs_refused, ("freeze",)),
    "refused rows written again": Step(
        taking.refused_rows_written_again, (), calm=("burst", "burst"), wall=False
    ),
    "end watched": Step(watch.end_watched, (), calm=("burst", "burst"), wall=False),
    "Redis behind is seen": Step(taking.signs_of_a_loss, ("failover", "flush")),
    "failover is a loss": Step(taking.another_server, ("failover",)),
    "replayed": Step(taking.replayed, CRASHES),
    "replayed in journal order": Step(taking.replayed_in_journal_order, ("torn",), every_s=0.6),
    "communities counted once": Step(taking.communities_counted_once, CRASHES),
    "replayed rows dirty": Step(taking.replayed_rows_dirty, CRASHES),
    "started at published positions": Step(taking.started_at_published_positions, CRASHES),
    "known events move the clock": Step(block.known_events_move_the_clock, ("torn",)),
    "repeats move the clock": Step(block.repeats_move_the_clock, ("torn",)),
    "merged": Step(block.merged, CRASHES),
    "rejects acknowledged first": Step(block.rejects_acknowledged_first, ("crash",), every_s=0.6),
    "rejects journaled": Step(block.rejects_journaled, CRASHES),
    "always published": Step(block.always_published, CRASHES),
    "cut between blocks": Step(block.cut_between_blocks, ("torn",), every_s=0.6),
    "number compared": Step(block.number_compared, ("away", "freeze", "failover")),
    "idle owner checks": Step(watch.idle_owner_checks, (), calm=("flush",), wall=False),
    "positions of the cut": Step(checkpoint.positions_of_the_cut, CRASHES),
    "acknowledgements awaited": Step(
        checkpoint.acknowledgements_awaited, CRASHES, unacknowledged=0.2
    ),
    "rows before the record": Step(checkpoint.rows_before_the_record, ("torn",)),
    "clock of the cut": Step(checkpoint.clock_of_the_cut, ("torn",), every_s=0.6),
    "trimmed last": Step(checkpoint.trimmed_last, CRASHES),
    "trimmed to the cut": Step(checkpoint.trimmed_to_the_cut, CRASHES),
    "foreign writes seen": Step(checkpoint.foreign_writes_seen, ("freeze", "late"), every_s=0.6),
    "failed checkpoints end the session": Step(
        checkpoint.failed_checkpoints_end_the_session, CRASHES, unacknowledged=0.2
    ),
    "steps in turn": Step(new_run.steps_in_turn, ("flush",), every_s=5.0, late=0.1),
    "hashes emptied": Step(new_run.hashes_emptied, ("failover",), every_s=0.6),
    "numbers jump": Step(new_run.numbers_jump, LOSSES),
    "server noted": Step(new_run.server_noted, CRASHES),
    "largest clock": Step(new_run.largest_clock, ("ruin",)),
    "checkpoint before the first block": Step(
        new_run.checkpoint_before_the_first_block, ("crash",), every_s=0.6
    ),
    "origins kept": Step(block.origins_kept, (), repeats=False),
    "erasures written": Step(checkpoint.erasures_written, CRASHES),
}
"""In the order of the page. Left out here: what no history can show (docs/reliability.md)."""
