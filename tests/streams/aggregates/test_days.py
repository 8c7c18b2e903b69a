from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.streams.aggregates.one_user import OneUser


def at(zone: str, text: str) -> int:
    """The instant of a local time."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "day", "after"),
    [
        ("Asia/Shanghai", "2025-06-01", "2025-06-04"),
        ("Europe/Berlin", "2025-03-29", "2025-04-01"),
        ("America/New_York", "2025-11-01", "2025-11-04"),
        ("Australia/Lord_Howe", "2025-04-04", "2025-04-07"),
        ("America/Havana", "2025-03-06", "2025-03-09"),
    ],
)
def test_a_day_leaves_at_local_midnight_whatever_the_clocks_did(
    zone: str, day: str, after: str
) -> None:
    """The last millisecond of a day counts for it, and two days follow however long they are."""
    user = OneUser(["d: {days: [post], window: 3d}"], zone, active="when: d >= 1")
    last = at(zone, f"{day}T23:59:59.999")
    user.act(last)
    user.wait(at(zone, f"{after}T12:00:00"))
    gone = at(zone, f"{after}T01:00:00" if zone == "America/Havana" else f"{after}T00:00:00")
    assert user.changes == [
        (last, "active", True),
        (gone, "active", None),
    ]


def test_many_events_of_a_day_count_once_and_late_ones_for_their_day() -> None:
    """In any order; a day before the window is late."""
    user = OneUser(["d: {days: [post], window: 3d}"], "Asia/Shanghai", shown="value: d")
    day = 86_400_000
    start = at("Asia/Shanghai", "2025-06-10T00:00:00")
    assert [user.act(start + hours) for hours in (5, 9, -1, -2 * day, -5)] == ["applied"] * 5
    assert user.act(start - 2 * day - 1) == "late"
    assert user.tags == {"shown": "3"}
    user.wait(start + 3 * day)
    assert [(time - start, new) for time, _, new in user.changes[3:]] == [
        (day, "2"),
        (2 * day, "1"),
        (3 * day, "0"),
    ]


def test_a_year_of_days_is_a_few_bytes() -> None:
    """One bit a day."""
    user = OneUser(["d: {days: [post], window: 365d}"], often="when: d >= 300")
    for day in range(400):
        user.act(86_400_000 * day)
    assert user.tags == {"often": True}
    assert user.evidence("often") == {"d": 365}
    assert user.row() < 400
