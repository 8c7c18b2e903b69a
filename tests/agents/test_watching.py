import logging

import pytest

from agents.watching import Watch


def test_a_server_that_is_away_is_said_once_and_once_that_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Every call that gets no answer is counted; the log has a line when it goes and comes."""
    watch = Watch()
    with caplog.at_level(logging.WARNING):
        for why in ("timeout", "timeout", None, None):
            watch.redis_away(why)
    assert caplog.messages == ["Redis is away (timeout): waiting", "Redis is back"]
    assert (
        watch.metrics.registry.get_sample_value(
            "tagstream_redis_errors_total", {"class": "timeout"}
        )
        == 2
    )
    assert watch.health.why_away() is None


def test_the_metric_of_a_server_says_whether_it_is_away_now() -> None:
    watch = Watch()

    def away() -> float | None:
        return watch.metrics.registry.get_sample_value("tagstream_server_away", {"server": "redis"})

    watch.redis_away("refused")
    assert (away(), watch.health.why_away()) == (1, "redis is away (refused)")
    watch.redis_away(None)
    assert away() == 0


def test_a_clock_that_is_not_believed_is_counted_and_its_skew_shown_until_it_is_right() -> None:
    watch = Watch()
    read = watch.metrics.registry.get_sample_value
    watch.skewed(-4_500)
    assert read("tagstream_clock_skew_seconds") == -4.5
    watch.skewed(None)
    assert (read("tagstream_clock_skew_seconds"), read("tagstream_clock_faults_total")) == (0, 1)
