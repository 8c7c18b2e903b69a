"""A partition that stands still, and a run that nobody looked at."""

from tests.chaos.invariants.progress import Progress, stuck


def test_i8_a_partition_that_stood_still_is_found() -> None:
    start = Progress("start", {0: 5, 1: 5}, 1.0)
    assert list(stuck([start, start], 1)) == []
    stood = Progress("kill_one", {0: 5, 1: 0}, 75.0)
    assert list(stuck([start, stood], 1)) == ["I8: partition 1 stood still 75 s after kill_one"]


def test_i8_a_run_that_ended_before_its_first_fault_is_invalid() -> None:
    assert any("before its first fault" in v for v in stuck([], 3))
    assert any("looks at the progress" in v for v in stuck([], 3))
