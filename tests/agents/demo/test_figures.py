"""What the demo reads from a worker's metrics page."""

import math

from prometheus_client import generate_latest

from agents.demo.figures import Figures, read_figures
from agents.metrics import Metrics


def page_of(metrics: Metrics) -> str:
    """The page as the worker serves it."""
    return generate_latest(metrics.registry).decode()


def test_a_worker_that_has_done_nothing_has_no_figures() -> None:
    """An empty page is all zero, and has no latency."""
    figures = read_figures(page_of(Metrics()))
    assert (figures.handled, figures.changes, figures.alerts, figures.lag) == (0, 0, 0, 0)
    assert figures.wait(0.5) is None


def test_figures_are_those_of_the_real_metrics_summed_over_their_labels() -> None:
    """Read from the page that `agents.metrics` makes, so a renamed metric is noticed here."""
    metrics = Metrics()
    metrics.events.labels("interactions", "applied").inc(5)
    metrics.events.labels("profiles", "applied").inc(2)
    metrics.events.labels("profiles", "rejected").inc()
    metrics.events.labels("profiles", "forwarded").inc(9)  # will be handled by its owner
    metrics.tag_changes.labels("activity", "event").inc(3)
    metrics.tag_changes.labels("activity", "expiry").inc(4)
    metrics.alerts.labels("small_frequent_borrowing", "warning").inc(2)
    metrics.lag.labels("interactions", "0").set(6)
    metrics.lag.labels("interactions", "1").set(5)
    figures = read_figures(page_of(metrics))
    assert figures.handled == 8
    assert (figures.changes, figures.alerts, figures.lag) == (7, 2, 11)


def test_a_latency_is_the_bound_of_the_bucket_that_holds_it() -> None:
    """Of ten events nine are within 2 ms and one within 100 ms."""
    metrics = Metrics()
    for _ in range(9):
        metrics.visible.observe(0.0015)
    metrics.visible.observe(0.09)
    figures = read_figures(page_of(metrics))
    assert (figures.wait(0.5), figures.wait(0.99)) == (0.002, 0.1)


def test_a_latency_beyond_the_histogram_is_infinite() -> None:
    """It is not made smaller than it was."""
    metrics = Metrics()
    metrics.visible.observe(10_000)
    assert read_figures(page_of(metrics)).wait(0.5) == math.inf


def test_the_pace_is_the_difference_and_the_lag_is_that_of_now() -> None:
    """What happened between two looks."""
    before = Figures({"applied": 10}, changes=3, alerts=1, lag=50, waits={1.0: 10})
    now = Figures({"applied": 25, "late": 1}, changes=4, alerts=1, lag=7, waits={1.0: 26})
    last = now.since(before)
    assert (last.handled, last.changes, last.alerts, last.lag) == (16, 1, 0, 7)
    assert last.waits == {1.0: 16}
