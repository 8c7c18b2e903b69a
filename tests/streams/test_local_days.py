from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from streams.local_days import LocalDays, number_of

NAMES = (
    *("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York"),
    *("Australia/Lord_Howe", "America/Havana", "Asia/Beirut", "Pacific/Apia"),
)
ZONES = {name: LocalDays(name) for name in NAMES}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local_date(zone: str, at: int) -> int:
    """The date that a calendar on the wall shows, as the number of days since 1900."""
    return (EPOCH + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone)).toordinal() - 693_596


@given(st.sampled_from(NAMES), st.integers(631_152_000_000, 4_102_444_800_000))
def test_the_day_of_an_instant_is_its_local_date(zone: str, at: int) -> None:
    """Against the time zone database, from 1990 to 2100."""
    day = local_date(zone, at)
    assert ZONES[zone].day(at) == day
    assert ZONES[zone].day(at) == day  # by the short cut


@given(st.sampled_from(NAMES), st.integers(32_872, 73_048))
def test_a_day_begins_with_the_first_instant_of_its_date(zone: str, day: int) -> None:
    """Before it the date is an earlier one."""
    begin = ZONES[zone].start(day)
    assert local_date(zone, begin) >= day > local_date(zone, begin - 1)


def test_a_day_that_an_island_left_out_has_no_length() -> None:
    """Samoa crossed the date line: it had no 30 December 2011."""
    apia, left_out = ZONES["Pacific/Apia"], number_of(date(2011, 12, 30))
    assert apia.start(left_out) == apia.start(left_out + 1)
    assert apia.day(apia.start(left_out)) == left_out + 1
