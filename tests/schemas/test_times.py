"""RFC 3339 is read exactly, quick or slow."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import times
from schemas.times import EARLIEST, LATEST, parse_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def reference(moment: datetime) -> int:
    """Return epoch milliseconds by integer arithmetic of the standard library."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


moments = st.datetimes(
    min_value=datetime(1990, 1, 3),  # noqa: DTZ001 - hypothesis adds the time zone
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001 - hypothesis adds the time zone
    timezones=st.builds(timezone, st.integers(-1439, 1439).map(lambda m: timedelta(minutes=m))),
)


@given(moments)
def test_any_instant_is_read_as_the_standard_library_reads_it(moment: datetime) -> None:
    """Any offset, any fraction; what is finer than a millisecond is cut off."""
    text = moment.isoformat()
    assert parse_time(text) == reference(moment)
    assert parse_time(text) == reference(moment), "from memory"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-03-01t08:00:00z", "2026-03-01T08:00:00Z"),
        ("2026-03-01T08:00:00.1Z", "2026-03-01T08:00:00.100Z"),
        ("2026-03-01T08:00:00.1239999999Z", "2026-03-01T08:00:00.123Z"),
        ("2026-03-01T08:00:00-00:00", "2026-03-01T08:00:00Z"),
        ("2026-03-01T08:00:00+23:59", "2026-02-28T08:01:00Z"),
        ("1990-12-31T23:59:60Z", "1991-01-01T00:00:00Z"),
        ("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00Z"),
        ("2015-07-01T07:59:60.5+08:00", "2015-07-01T00:00:00.5Z"),
    ],
)
def test_different_ways_to_write_the_same_instant(text: str, same: str) -> None:
    """Lower case, fractions, offsets, leap seconds (RFC 3339's own examples)."""
    assert parse_time(text) == parse_time(same)


def test_the_range_is_from_1990_to_9999_in_utc() -> None:
    """An offset does not stretch it."""
    assert parse_time("1990-01-01T00:00:00Z") == EARLIEST
    assert parse_time("9999-12-31T23:59:59.999999Z") == LATEST
    assert parse_time("1989-12-31T20:00:00-04:00") == EARLIEST


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "1767225600000", "2026-03-01", "2026-03-01T08:00:00", "2026-03-01T08:00Z"),
        *("2026-03-01 08:00:00Z", "20260301T080000Z", "2026-W09-1T08:00:00Z", "2026-03-01T080000Z"),
        *("2026-02-29T08:00:00Z", "2026-13-01T08:00:00Z", "2026-03-01T24:00:00Z", "0000-01-01T0"),
        *("2026-03-01T08:60:00Z", "2026-03-01T08:00:60Z", "2026-03-01T08:00:61Z"),
        *("1990-12-31T23:59:61Z", "2026-03-01T08:00:00.Z", "2026-03-01T08:00:00,5Z"),
        *("2026-03-01T08:00:00+0800", "2026-03-01T08:00:00+24:00", "2026-03-01T08:00:00+08:60"),
        *("2026-03-01T08:00:00+8", "2026-03-01T08:00:00Z ", " 2026-03-01T08:00:00Z"),
        *("2026-03-01T08:00:00Z\n", "٢026-03-01T08:00:00Z", "2026-03-01T08:00:0٢Z"),
        *("1989-12-31T23:59:59.999Z", "1990-01-01T00:00:00+08:00", "9999-12-31T23:59:59-00:01"),
        "10000-01-01T00:00:00Z",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    """Also when its parts are in memory already."""
    parse_time("2026-03-01T08:00:00Z")
    with pytest.raises(ValueError, match=r"."):
        parse_time(text)


def test_memory_is_bounded() -> None:
    """Hostile producers may write as many different minutes as they like."""
    for minute in range(12_000):
        moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
        assert parse_time(moment.isoformat()) == reference(moment)
        assert len(times._minutes) + len(times._tails) <= times._MOST + 1
