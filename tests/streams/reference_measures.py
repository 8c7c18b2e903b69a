"""The reference for measures: each made anew from all events."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from schemas.events import Event, Profile
from streams.catalogue.model import Measure
from tests.streams.reference_expressions import ROUNDED, carried, holds, shown

EPOCH, MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
FIGURES: dict[str, Callable[[list[Any]], Any]] = {  # of what each event says, by time, source, id
    "count": len,
    "sum": sum,
    "score": sum,
    "mean": lambda v: ROUNDED.divide(Decimal(sum(v)), Decimal(len(v))) if v else None,
    "min": lambda v: min(v, default=None),
    "max": lambda v: max(v, default=None),
    "first": lambda v: v[0] if v else None,
    "last": lambda v: v[-1] if v else None,
    "attribute": lambda v: v[-1] if v else None,
    "distinct": lambda v: len(set(v)),
    "days": lambda v: len(set(v)),
    "top": lambda v: min(Counter(v), key=lambda one: (-v.count(one), one), default=None),
    "set": lambda v: sorted(member for member, added in dict(v).items() if added),
}


def figure(m: Measure, events: list[Event], at: int, zone: ZoneInfo) -> Any:
    """A measure of these events at this instant; None is missing."""
    covered = [e for e in events if feeds(m, e) and covers(m, e, at, zone)]
    covered.sort(key=lambda e: (e.time, e.source, e.id))
    return FIGURES[m.aggregate]([says(m, e, zone) for e in covered])


def feeds(m: Measure, e: Event) -> bool:
    """Whether the event's type and `where` match, and it has what the measure reads."""
    if e.type not in (*m.types, *m.removes) or not (m.where is None or holds(m.where, e)):
        return False
    if isinstance(e, Profile):
        return m.attribute in (e.attributes or {})
    return m.field is None or carried(e, m.field) is not None


def covers(m: Measure, e: Event, at: int, zone: ZoneInfo) -> bool:
    """The buckets of a window: those in (floor(T/S) - W/S, floor(T/S)]; days by date."""
    if m.days:
        return day(e.time, zone) > day(at, zone) - timedelta(days=m.days)
    return not m.window or e.time // m.window.step > (at - m.window.width) // m.window.step


def says(m: Measure, e: Event, zone: ZoneInfo) -> Any:
    """What one event tells a measure."""
    if m.aggregate in ("days", "score"):
        return day(e.time, zone) if m.aggregate == "days" else (m.points or {})[e.type]
    if not isinstance(e, Profile) or m.attribute is None:
        value = carried(e, m.field)
        return (value, e.type in m.types) if m.aggregate == "set" else value
    value = (e.attributes or {})[m.attribute]
    if m.attribute_type == "date" and isinstance(value, str):
        return midnight(date.fromisoformat(value), zone)
    if m.attribute_type == "text":
        return shown(value)
    fits = isinstance(value, bool) == (m.attribute_type == "bool")
    return value if fits and isinstance(value, int | Decimal) else None


def instants(m: Measure, events: list[Event], zone: ZoneInfo) -> Iterator[int]:
    """All instants at which the measure could change by itself."""
    for e in events:
        if m.window:
            yield e.time // m.window.step * m.window.step + m.window.width
        if m.days:
            yield midnight(day(e.time, zone) + timedelta(days=m.days), zone)


def day(at: int, zone: ZoneInfo) -> date:
    return (EPOCH + at * MS).astimezone(zone).date()


def midnight(of: date, zone: ZoneInfo) -> int:
    return (datetime(of.year, of.month, of.day, tzinfo=zone) - EPOCH) // MS
