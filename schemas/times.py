"""Instants: RFC 3339 text to epoch milliseconds, exactly.

Events of a stream share their minute with many others, so a text is read as three parts,
`2026-03-01T12:34` + `:56` + `.789Z`, each of which is usually in a small dictionary: a third of
the time of a parser. What is not there is read by the grammar and remembered.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

EARLIEST: Final = 631_152_000_000  # 1990-01-01T00:00:00Z
LATEST: Final = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z

RFC3339: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
"""The shape, for JSON Schema; whether such a day exists is for `parse_time` to find out."""

_SHAPE: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))",
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MINUTE: Final = 60_000
_DAY: Final = 24 * 60 * _MINUTE
_LONGEST_TAIL: Final = len(".789+08:00")  # finer ones hardly ever come back
_MOST: Final = 10_000  # a week of minutes; hostile input must not fill our memory

_SECONDS: Final = {f":{second:02}": second * 1000 for second in range(60)}
_minutes: Final[dict[str, int]] = {}
_tails: Final[dict[str, int]] = {}


def parse_time(text: str) -> int:
    """Return the instant in epoch milliseconds; what is finer is cut off.

    ValueError unless `text` is RFC 3339 with an offset and within the years 1990 to 9999 (UTC).
    A leap second, 23:59:60 UTC at the end of a June or December, is the second after it.

    >>> parse_time("2026-03-01T08:00:00.1239+08:00") == parse_time("2026-03-01t00:00:00.123z")
    True
    """
    try:
        return _minutes[text[:16]] + _SECONDS[text[16:19]] + _tails[text[19:]]
    except KeyError:
        return _parse_by_grammar(text)


def check_range(time: int) -> int:
    """Return `time` if it lies within the years 1990 to 9999; ValueError if not."""
    if EARLIEST <= time <= LATEST:
        return time
    raise ValueError("outside the years 1990 to 9999")


def _parse_by_grammar(text: str) -> int:
    match = _SHAPE.fullmatch(text)
    if not match:
        raise ValueError("not RFC 3339 with an offset")
    day, minute, second, fraction, *offset = match.groups()
    start = (datetime.fromisoformat(f"{day}T{minute}:00Z") - _EPOCH) // _MILLISECOND
    tail = int((fraction or "0")[:3].ljust(3, "0")) - _offset(*offset)
    if second > "59" and not (second == "60" and _has_leap_second(start + tail)):
        raise ValueError("no such second")
    time = check_range(start + int(second) * 1000 + tail)
    _remember(text, start, tail)
    return time


def _offset(sign: str | None, hours: str, minutes: str) -> int:
    if sign is None:
        return 0
    size = (int(hours) * 60 + int(minutes)) * _MINUTE
    return -size if sign == "-" else size


def _has_leap_second(minute: int) -> bool:
    """Whether the minute that holds this instant may have 61 seconds."""
    after = _EPOCH + (minute + _MINUTE) * _MILLISECOND
    return (after.month, after.day, after.hour, after.minute) in {(1, 1, 0, 0), (7, 1, 0, 0)}


def _remember(text: str, start: int, tail: int) -> None:
    """Keep minute and tail for the quick way, which has no limits to look at any more."""
    if len(_minutes) + len(_tails) >= _MOST:
        _minutes.clear()
        _tails.clear()
    if EARLIEST + _DAY <= start <= LATEST - _DAY and len(text) <= 19 + _LONGEST_TAIL:
        _minutes[text[:16]] = start
        _tails[text[19:]] = tail
