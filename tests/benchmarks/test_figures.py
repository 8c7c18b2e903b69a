import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import Run, percentile


def test_rates_are_events_over_the_times_of_the_run() -> None:
    """CPU time and wall time give two rates."""
    run = Run("ours", 1_000, cpu_s=0.5, wall_s=2.0, rss_mb=1.0, outputs=3)
    assert (run.per_cpu_s, run.per_s) == (2_000, 500)
    assert run.as_json()["events_per_cpu_s"] == 2_000


@given(
    st.lists(st.integers(), min_size=1).map(sorted), st.sampled_from([0.5, 0.9, 0.99, 0.999, 1.0])
)
def test_a_percentile_is_a_figure_that_so_many_do_not_exceed(
    ordered: list[int], share: float
) -> None:
    """The least such figure."""
    found = percentile(ordered, share)
    enough = share * len(ordered)
    assert sum(one <= found for one in ordered) >= pytest.approx(enough)
    assert sum(one < found for one in ordered) < enough
