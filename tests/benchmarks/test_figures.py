from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import Run, percentile


def test_rates_are_events_over_the_times_of_the_run() -> None:
    """CPU time and wall time give two rates."""
    run = Run("ours", 1_000, cpu_s=0.5, wall_s=2.0, rss_mb=1.0, outputs=3)
    assert (run.per_cpu_s, run.per_s) == (2_000, 500)
    assert run.as_json()["events_per_cpu_s"] == 2_000


@given(st.lists(st.integers(), min_size=1).map(sorted), st.sampled_from([500, 900, 990, 999, 1000]))
def test_a_percentile_is_a_figure_that_so_many_do_not_exceed(
    ordered: list[int], per_mille: int
) -> None:
    """The least such figure."""
    found = percentile(ordered, per_mille / 1000)
    enough = per_mille * len(ordered)
    assert 1000 * sum(one <= found for one in ordered) >= enough
    assert 1000 * sum(one < found for one in ordered) < enough
