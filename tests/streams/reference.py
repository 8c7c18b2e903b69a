"""The engine once more, slow and obvious: nothing is kept but the events of each user.

Every measure is made anew from all events, by the definitions of CONTRACT 3, at every instant
at which anything could change. It shares the values of the catalogue with the engine, no code.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from schemas.events import Event, Profile
from streams.catalogue import model
from streams.catalogue.model import Catalogue, Measure, Name
from streams.catalogue.order import evaluation_order, names_in
from tests.streams.reference_anomalies import Anomalies
from tests.streams.reference_expressions import ROUNDED, UNITS, ages, evaluate, shown

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


@dataclass
class User:
    """The events in order of arrival, the tags, and up to where time has been looked at."""

    anomalies: Anomalies
    events: list[Event] = field(default_factory=list)
    tags: dict[str, Any] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    done: int = -1
    next: int | None = None  # the first instant after it at which anything could change


class Reference:
    """`changes`: user, tag, old, new, time, kind of cause, why. `alerts`: see Anomalies."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.order = catalogue, evaluation_order(catalogue)
        self.zone = ZoneInfo(catalogue.timezone)
        self.users: dict[str, User] = {}
        self.clock = self.ticked = -1
        self.changes: list[tuple[Any, ...]] = []
        self.alerts: list[tuple[Any, ...]] = []

    def apply(self, event: Event, *, alone: bool = False) -> str:
        """One event; says applied, late or duplicate."""
        if not alone:
            self.settle_to((event.time,))
        self.clock = max(self.clock, event.time)
        user = self.users.setdefault(event.user_id, User(Anomalies(self.catalogue.detectors)))
        same = [e for e in user.events if type(e) is type(event)][-32:]
        if any((e.source, e.id) == (event.source, event.id) for e in same):
            return "duplicate"
        first = self.ticked < self.clock == event.time  # then the event comes before deadlines
        while user.next is not None and user.next <= self.clock - first:
            self.decide(event.user_id, user, user.next, "expiry")
        user.events.append(event)
        hits = user.anomalies.saw(user.events, self.clock, holds)
        self.alerts += [(event.user_id, *hit) for hit in hits]
        self.decide(event.user_id, user, self.clock, "event")
        fed = [m for m in self.catalogue.measures.values() if feeds(m, event)]
        return "applied" if all(self.covers(m, event, self.clock) for m in fed) else "late"

    def settle_to(self, last: tuple[int] | tuple[int, str]) -> None:
        """Everything before (or up to) this, in the order (instant, user)."""
        while True:
            instants = ((user.next, name) for name, user in self.users.items())
            due = [(at, name) for at, name in instants if at is not None and (at, name) <= last]
            if not due:
                return
            at, name = min(due)
            self.decide(name, self.users[name], at, "expiry")
            self.clock = max(self.clock, at)

    def instants(self, user: User) -> Iterator[int]:
        """All instants at which anything about the user could change by itself."""
        times = [e.time for e in user.events]
        for m in self.catalogue.measures.values():
            if m.window:
                yield from (t // m.window.step * m.window.step + m.window.width for t in times)
            if m.days:
                yield from (self.midnight(self.day(t) + timedelta(days=m.days)) for t in times)
        dated = [m for m in self.catalogue.measures.values() if m.attribute_type == "date"]
        times += [self.says(m, e) or 0 for m in dated for e in user.events if feeds(m, e)]
        for tag in self.catalogue.tags.values():
            if tag.name in user.since:
                yield user.since[tag.name] + tag.hold
            for function, bound in (age for rule in tag.rules for age in ages(rule.condition)):
                limit = math.floor(bound * UNITS[function])
                yield from (t + limit + more for t in times for more in (0, 1))
        yield from user.anomalies.ends()

    def decide(self, name: str, user: User, at: int, cause: str) -> None:
        """All tags of a user at one instant."""
        user.done = at
        for tag_name in self.order:
            old, tag = user.tags.get(tag_name), self.catalogue.tags.get(tag_name)
            new = self.tag(tag, user, at) if tag else user.anomalies.tag(tag_name, at)
            if tag and old is not None and at < user.since[tag_name] + tag.hold:
                values = [*(rule.value for rule in tag.rules), None]
                new = old if values.index(new) > values.index(old) else new
            if new != old:
                why = self.why(tag, old if new is None else new, user, at) if tag else None
                self.changes.append((name, tag_name, old, new, at, cause, why))
                user.tags[tag_name], user.since[tag_name] = new, at
        user.next = min((at for at in self.instants(user) if at > user.done), default=None)

    def tag(self, tag: model.Tag, user: User, at: int) -> Any:
        """The value that a tag should have: that of the first rule that holds."""
        for rule in tag.rules:
            value = evaluate(rule.condition, lambda n: self.named(n, user, at), at)
            if tag.kind in ("value", "set"):
                return (value or None) if tag.kind == "set" else shown(value)
            if rule.condition is None or value is True:
                return rule.value
        return None

    def why(self, tag: model.Tag, value: Any, user: User, at: int) -> tuple[str, dict[str, Any]]:
        """The rule of a value, and what it names; of `else` what all rules name."""
        rule = next(rule for rule in tag.rules if rule.value in (value, None))
        conditions = [r.condition for r in tag.rules if rule.condition in (r.condition, None)]
        names = [name for e in conditions if e is not None for name in names_in(e)]
        return rule.text, {name.name: self.named(name, user, at) for name in names}

    def named(self, n: Name, user: User, at: int) -> Any:
        """A measure, made from all events that it covers, or a tag as other tags see it."""
        if n.kind == "tag":
            value = user.tags.get(n.name)
            return value is True if n.type == "bool" else value
        m = self.catalogue.measures[n.name]
        covered = [e for e in user.events if feeds(m, e) and self.covers(m, e, at)]
        covered.sort(key=lambda e: (e.time, e.source, e.id))
        return FIGURES[m.aggregate]([self.says(m, e) for e in covered])

    def covers(self, m: Measure, e: Event, at: int) -> bool:
        """CONTRACT 3, Windows: the buckets in (floor(T/S) - W/S, floor(T/S)]; days by date."""
        if m.days:
            return self.day(e.time) > self.day(at) - timedelta(days=m.days)
        return not m.window or e.time // m.window.step > (at - m.window.width) // m.window.step

    def says(self, m: Measure, e: Event) -> Any:
        """What one event tells a measure."""
        if m.aggregate in ("days", "score"):
            return self.day(e.time) if m.aggregate == "days" else (m.points or {})[e.type]
        if not isinstance(e, Profile) or m.attribute is None:
            value = carried(e, m.field)
            return (value, e.type in m.types) if m.aggregate == "set" else value
        value = (e.attributes or {})[m.attribute]
        if m.attribute_type == "date" and isinstance(value, str):
            return self.midnight(date.fromisoformat(value))
        if m.attribute_type == "text":
            return shown(value)
        fits = isinstance(value, bool) == (m.attribute_type == "bool")
        return value if fits and isinstance(value, int | Decimal) else None

    def day(self, at: int) -> date:
        return (EPOCH + at * MS).astimezone(self.zone).date()

    def midnight(self, day: date) -> int:
        return (datetime(day.year, day.month, day.day, tzinfo=self.zone) - EPOCH) // MS


def feeds(m: Measure, e: Event) -> bool:
    """Whether the event's type and `where` match, and it has what the measure reads."""
    if e.type not in (*m.types, *m.removes) or not (m.where is None or holds(m.where, e)):
        return False
    if isinstance(e, Profile):
        return m.attribute in (e.attributes or {})
    return m.field is None or carried(e, m.field) is not None


def carried(e: Event, name: str | None) -> Any:
    """A field of an event, money as a plain number."""
    value = getattr(e, name or "", None)
    return Decimal(value) / 100 if name == "amount" and value is not None else value


def holds(condition: model.Expression, e: Event) -> bool:
    """Whether an event meets a condition on its own fields."""
    return evaluate(condition, lambda n: carried(e, n.name), 0) is True
