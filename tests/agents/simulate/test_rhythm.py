"""Tests of agents/simulate/rhythm.py and local_time.py."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from agents.simulate.chance import dice
from agents.simulate.local_time import local_hour, start_for_file
from agents.simulate.plan import Plan
from agents.simulate.rhythm import BUSY, MONEY, moments

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = st.integers(1_600_000_000_000, 2_000_000_000_000)


def local(ms: int) -> datetime:
    """That instant on a clock in Shanghai."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(SHANGHAI)


def test_both_tables_have_all_hours_of_a_day() -> None:
    """And say something sensible."""
    assert len(BUSY) == len(MONEY) == 24
    assert all(0 < share < 1 for share in MONEY)


@given(NOW)
def test_the_local_hour_is_that_of_shanghai(now: int) -> None:
    """Held to the time zone database."""
    assert local_hour(now) == local(now).hour


@given(NOW, st.integers(0, 10**9))
def test_a_file_starts_at_the_last_midnight_from_which_all_is_over_by_now(
    now: int, span: int
) -> None:
    """No event of it lies in the future."""
    start = start_for_file(now, span)
    assert (local(start).hour, local(start).minute, local(start).second) == (0, 0, 0)
    assert start + span <= now < start + span + 24 * 3_600_000


def test_the_busiest_hour_has_as_many_times_more_events_as_the_table_says() -> None:
    """Of a full day, each hour gets its share."""
    plan = Plan(start=1_748_793_600_000, rate=1, seconds=86_400)
    hours = [local_hour(at) for at in moments(plan, dice(1, "when"))]
    assert hours == sorted(hours)
    for hour, busy in enumerate(BUSY):
        assert abs(hours.count(hour) - 86_400 * busy / sum(BUSY)) <= 1
