"""Which tags still rest on a window that is not full: measures that a new catalogue brought.

A measure that began at clock T knows nothing of the events before. Its window is full at the
first instant at which all that it covers lies at or after T; until then every `why` of a tag
that depends on it, directly or through other tags, says `warming`. A measure without
window never becomes full, so nothing is said of it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from streams.catalogue.model import Catalogue, Measure

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Warming:
    """`inputs`: the measures and tags that each tag is decided by, in the order of decision."""

    def __init__(
        self,
        catalogue: Catalogue,
        inputs: Mapping[str, frozenset[str]],
        since: Mapping[str, int],
    ) -> None:
        measures = catalogue.measures
        full = {
            name: full_at(measures[name], began, catalogue.timezone)
            for name, began in since.items()
            if name in measures
        }
        for tag in (tag for tag in inputs if tag in catalogue.tags):
            names = inputs[tag]
            full[tag] = max((full[name] for name in names if name in full), default=0)
        self._full = {tag: full[tag] for tag in catalogue.tags if full[tag]}

    def __bool__(self) -> bool:
        return bool(self._full)

    def tag(self, tag: str, at: int) -> bool:
        """Whether the tag is decided by a window that is not full at this instant."""
        return at < self._full.get(tag, 0)


def full_at(measure: Measure, since: int, zone: str) -> int:
    """The instant at which the window holds only what was counted since; 0 without a window.

    >>> from streams.catalogue.model import Window
    >>> hourly = Measure("m", 1, "count", "number", window=Window(3_600_000, 600_000))
    >>> full_at(hourly, 1_000_000, "UTC")  # from its first whole bucket, at 1,200,000
    4200000
    >>> full_at(hourly, 1_200_000, "UTC")
    4200000
    """
    if measure.window is not None:
        first = -(-since // measure.window.step)  # the first bucket that is whole
        return (first + measure.window.width // measure.window.step - 1) * measure.window.step
    if measure.days is None:
        return 0
    return _midnight_after(since, measure.days, zone)


def _midnight_after(since: int, days: int, zone: str) -> int:
    """The first instant at which today and `days` - 1 days before began at or after `since`."""
    there = ZoneInfo(zone)
    moment = (_EPOCH + timedelta(milliseconds=since)).astimezone(there)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    whole = 0 if midnight == moment else 1
    day = midnight.replace(tzinfo=None) + timedelta(days=whole + days - 1)
    return int((day.replace(tzinfo=there) - _EPOCH).total_seconds()) * 1000
