"""Local calendar days: which one an instant falls on, and when each begins.

Days are numbered from 1900 (`number_of`): two bytes in a row until 2079. A day begins at the first
instant at which the local date is that day or a later one: usually midnight, 01:00 where clocks go
forward at midnight. So days follow one another and may be 23, 24 or 25 hours long, or 24 and a
half.

>>> berlin = LocalDays("Europe/Berlin")
>>> night = berlin.start(number_of(date(2025, 3, 30)))
>>> [(berlin.start(berlin.day(night) + n) - night) / 3_600_000 for n in (-1, 0, 1, 2)]
[-24.0, 0.0, 23.0, 47.0]
>>> berlin.day(night - 1) - berlin.day(night)
-1
"""

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBER_0 = date(1900, 1, 1).toordinal()
_EPOCH_DAY = date(1970, 1, 1).toordinal() - NUMBER_0
_KEPT = 4_096  # days whose beginning is remembered: finding it takes 30 looks at the zone


def number_of(day: date) -> int:
    """The number of a date."""
    return day.toordinal() - NUMBER_0


class LocalDays:
    """The calendar of one time zone."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self.start = lru_cache(_KEPT)(self._start)
        self._last = (0, 0, 0)  # beginning, end and number of the last day asked for: a short cut

    def day(self, at: int) -> int:
        """The day of an instant in epoch milliseconds."""
        begin, end, day = self._last
        if begin <= at < end:
            return day
        day = at // DAY + _EPOCH_DAY + 1  # nowhere are clocks a whole day ahead of UTC
        while self.start(day) > at:
            day -= 1
        self._last = self.start(day), self.start(day + 1), day
        return day

    def _start(self, day: int) -> int:
        """The instant at which a day begins: `start` remembers it."""
        midnight = (day - _EPOCH_DAY) * DAY
        around = range(midnight - DAY, midnight + DAY)  # in UTC: local midnight lies between
        return around[bisect_left(around, day, key=self._date)]

    def _date(self, at: int) -> int:
        return number_of((_EPOCH + timedelta(milliseconds=at)).astimezone(self._zone))
