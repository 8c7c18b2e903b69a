import logging

import pytest

from agents.health import Health
from agents.watchdog import Watchdog
from tests.agents.test_health import Clock


def watched() -> tuple[Clock, Health, Watchdog]:
    """A watchdog by a clock that a test sets."""
    clock = Clock()
    health = Health(clock)
    return clock, health, Watchdog(health, clock)


def look_for(seconds: int, clock: Clock, watchdog: Watchdog) -> None:
    """A look each second."""
    for _ in range(seconds):
        clock.now += 1.0
        watchdog.look()


def test_where_everything_hangs_is_told_once_and_that_it_goes_on_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, health, watchdog = watched()
    look_for(30, clock, watchdog)
    assert caplog.records == []
    look_for(20, clock, watchdog)
    (told,) = caplog.records
    assert told.levelno == logging.ERROR
    assert told.message.startswith("main loop stuck for 31 s; the stacks of all threads:\n")
    assert "Thread MainThread:" in told.message
    assert "in look_for" in told.message
    health.tick()
    look_for(5, clock, watchdog)
    assert [record.message for record in caplog.records[1:]] == ["the main loop goes on"]


def test_a_process_that_was_stopped_is_not_stuck(caplog: pytest.LogCaptureFixture) -> None:
    """SIGSTOP, a laptop's lid: the main loop had no chance to tick."""
    clock, health, watchdog = watched()
    clock.now += 100.0
    watchdog.look()
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "the process stood still for 100 s"
    ]
    health.tick()
    look_for(5, clock, watchdog)
    assert len(caplog.records) == 1


def test_a_watchdog_ends_when_it_is_told_to() -> None:
    _, __, watchdog = watched()
    watchdog.start()
    watchdog.stop()
    assert not watchdog._thread.is_alive()
