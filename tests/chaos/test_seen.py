"""Which run a moment shows."""

from dataclasses import replace

from tests.chaos.partition import Partition


def test_a_moment_at_which_a_run_was_still_written_shows_no_run(right: Partition) -> None:
    building = replace(right.end, meta={**right.end.meta, "building": "3"})
    assert building.run is None
