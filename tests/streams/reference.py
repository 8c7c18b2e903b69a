"""The engine once more, slow and obvious: nothing is kept but the events of each user.

Every measure is made anew from all events, by what the words of a catalogue mean, at every instant
at which anything could change. It shares the values of the catalogue with the engine, no code.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from schemas.events import Event, Profile
from streams.catalogue import model
from streams.catalogue.model import Catalogue, Measure, Name
from streams.catalogue.order import evaluation_order, names_in
from tests.streams import reference_measures as measures
from tests.streams.reference_anomalies import Anomalies, Told
from tests.streams.reference_expressions import UNITS, ages, evaluate, shown

Why = tuple[str, dict[str, Any]] | None
"""The rule and what it names; None of what detectors say."""
Row = tuple[str, str, Any, Any, int, str, Why]
"""A change: user, tag, old, new, time, kind of cause, why."""


@dataclass
class User:
    """The events in order of arrival, the tags, and up to where time has been looked at."""

    name: str
    anomalies: Anomalies
    events: list[Event] = field(default_factory=list)
    tags: dict[str, Any] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    ruled: dict[str, tuple[Any, int]] = field(default_factory=dict)  # what rules say, and since
    words: dict[str, Profile] = field(default_factory=dict)  # of people, shown instead of it
    done: int = -1
    next: int | None = None  # the first instant after it at which anything could change


class Reference:
    """`changes` and `alerts`: all so far. Nobody has corrected a tag: that is `Corrections`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.order = catalogue, evaluation_order(catalogue)
        self.zone = ZoneInfo(catalogue.timezone)
        self.users: dict[str, User] = {}
        self.clock = self.ticked = -1
        self.changes: list[Row] = []
        self.alerts: list[Told] = []

    def apply(self, event: Event, *, alone: bool = False) -> str:
        """One event; says applied, late or duplicate. `alone`: others' deadlines are for slices."""
        if not alone:
            self.settle_to((event.time,))
        self.clock, name = max(self.clock, event.time), event.user_id
        user = self.users.get(name) or self.stranger(name)
        same = [e for e in user.events if type(e) is type(event)][-32:]
        if any((e.source, e.id) == (event.source, event.id) for e in same):
            return "duplicate"
        first = self.ticked < self.clock == event.time  # then the event comes before deadlines
        while user.next is not None and user.next <= self.clock - first:
            self.decide(user, user.next, "expiry")
        if name not in self.users:
            if self.is_over(event.time, self.clock):
                return "late"
            user = self.users[name] = self.stranger(name)
        user.events.append(event)
        user.anomalies.saw(user.events, self.clock)
        self.decide(user, self.clock, "override" if event.type == "override" else "event")
        fed = [m for m in self.catalogue.measures.values() if measures.feeds(m, event)]
        inside = all(measures.covers(m, event, self.clock, self.zone) for m in fed)
        return "applied" if inside else "late"

    def stranger(self, name: str) -> User:
        """A user of whom nothing is known."""
        return User(name, Anomalies(name, self.catalogue.detectors, self.alerts))

    def tick(self, to: int) -> None:
        """The clock goes on; deadlines up to it are due and not yet settled."""
        self.clock, self.ticked = max(self.clock, to), max(self.ticked, to)

    def settle_to(self, last: tuple[int] | tuple[int, str]) -> None:
        """Everything before (or up to) this, in the order (instant, user)."""
        while True:
            instants = ((user.next, name) for name, user in self.users.items())
            due = [(at, name) for at, name in instants if at is not None and (at, name) <= last]
            if not due:
                return
            at, name = min(due)
            self.decide(self.users[name], at, "expiry")
            self.clock = max(self.clock, at)

    def instants(self, user: User) -> Iterator[int]:
        """All instants at which anything about the user could change by itself."""
        times = [e.time for e in user.events]
        if self.catalogue.forget_after is not None:
            yield max(times) + self.catalogue.forget_after
        for m in self.catalogue.measures.values():
            yield from measures.instants(m, user.events, self.zone)
            if m.attribute_type == "date":
                told = (e for e in user.events if measures.feeds(m, e))
                times += [measures.says(m, e, self.zone) or 0 for e in told]
        for tag in self.catalogue.tags.values():
            if tag.name in user.ruled:
                yield user.ruled[tag.name][1] + tag.hold
            for function, bound in (age for rule in tag.rules for age in ages(rule.condition)):
                limit = math.floor(bound * UNITS[function])
                yield from (t + limit + more for t in times for more in (0, 1))
        yield from user.anomalies.instants(user.events)

    def is_over(self, last: int, at: int) -> bool:
        """Whether who was silent since then is forgotten."""
        span = self.catalogue.forget_after
        return span is not None and at >= last + span

    def decide(self, user: User, at: int, cause: str) -> None:
        """All tags of a user at one instant."""
        user.done, user.next = at, None
        last = max(e.time for e in user.events)
        if self.is_over(last, at):
            for tag in self.order:
                if user.tags.get(tag) is not None:
                    why = "forget_after", {"last_event": last}
                    self.change(user, tag, None, at, cause, why)
            del self.users[user.name]
            return
        user.anomalies.looked(user.events, at)
        for tag in self.order:
            self.decide_tag(user, tag, at, cause)
        user.next = min((at for at in self.instants(user) if at > user.done), default=None)

    def decide_tag(self, user: User, tag: str, at: int, cause: str) -> None:
        """One tag: as the rules say."""
        old, new = user.tags.get(tag), self.rule(user, tag, at)
        if new != old:
            why = self.why(user, tag, old if new is None else new, at)
            self.change(user, tag, new, at, cause, why)

    def change(self, user: User, tag: str, new: Any, at: int, cause: str, why: Why) -> None:
        """A tag began, changed or went."""
        why = why if tag in self.catalogue.tags else None
        self.changes.append((user.name, tag, user.tags.get(tag), new, at, cause, why))
        user.tags[tag], user.since[tag] = new, at

    def rule(self, user: User, name: str, at: int) -> Any:
        """What the rules of a tag say, which may be held."""
        tag, (old, since) = self.catalogue.tags.get(name), user.ruled.get(name, (None, 0))
        new = self.value(tag, user, at) if tag else user.anomalies.tag(name, user.tags, at)
        if tag and old is not None and at < since + tag.hold:
            values = [*(rule.value for rule in tag.rules), None]
            new = old if values.index(new) > values.index(old) else new
        if new != old:
            user.ruled[name] = new, at
        return new

    def value(self, tag: model.Tag, user: User, at: int) -> Any:
        """The value that a tag should have: that of the first rule that holds."""
        for rule in tag.rules:
            value = evaluate(rule.condition, lambda n: self.named(n, user, at), at)
            if tag.kind in ("value", "set"):
                return (value or None) if tag.kind == "set" else shown(value)
            if rule.condition is None or value is True:
                return rule.value
        return None

    def why(self, user: User, name: str, value: Any, at: int) -> Why:
        """The rule of a value, and what it names; of `else` what all rules name."""
        if name not in self.catalogue.tags:
            return None
        rules = self.catalogue.tags[name].rules
        rule = next(rule for rule in rules if rule.value in (value, None))
        conditions = [r.condition for r in rules if rule.condition in (r.condition, None)]
        names = [n for e in conditions if e is not None for n in names_in(e)]
        return rule.text, {n.name: self.named(n, user, at) for n in names}

    def named(self, n: Name, user: User, at: int) -> Any:
        """A measure, made from the user's events, or a tag as other tags see it."""
        if n.kind == "tag":
            value = user.tags.get(n.name)
            return value is True if n.type == "bool" else value
        m = self.catalogue.measures[n.name]
        return measures.figure(m, self.counted(m, user), at, self.zone)

    def counted(self, m: Measure, user: User) -> list[Event]:
        """The events that a measure has seen."""
        del m
        return user.events
