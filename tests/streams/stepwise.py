"""The engine once more, slow and obvious: nothing is kept but the events of each user.

Every figure is made anew from all events, by the definitions of CONTRACT 3; every instant at
which anything could change is looked at. It shares no code with the engine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from operator import itemgetter
from typing import Any

from schemas.events import Event
from streams.catalogue.model import (
    Binary,
    Call,
    Catalogue,
    Constant,
    Detector,
    Expression,
    Logical,
    Measure,
    Membership,
    Name,
    Tag,
    Unary,
)

EXACT, ROUNDED = Context(prec=200), Context(prec=28)
HOURS = {"hours_since": 1, "days_since": 24}
RANK = {"info": 0, "warning": 1, "critical": 2}
Row = tuple[str, str | None, Any, Any, int, str, str | None]
"""A change: user, tag, old, new, time, kind of cause, rule."""


@dataclass
class User:
    """The events in order of arrival, the tags, and up to where time has been looked at."""

    events: list[Event] = field(default_factory=list)
    tags: dict[str, Any] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    hits: dict[str, int] = field(default_factory=dict)  # detector: last hit
    alerts: dict[str, int] = field(default_factory=dict)
    hushed: dict[str, int] = field(default_factory=dict)
    done: int = -1


class Reference:
    """`order`: the tags, dependencies first. `changes`, `alerts`: all so far."""

    def __init__(self, catalogue: Catalogue, order: Sequence[str]) -> None:
        self.catalogue, self.order = catalogue, order
        self.users: dict[str, User] = {}
        self.clock = self.ticked = -1
        self.changes: list[Row] = []
        self.alerts: list[tuple[str, str, int, int, tuple[str, ...]]] = []

    def apply(self, event: Event, *, alone: bool = False) -> str:
        """One event; says applied, late or duplicate."""
        before = self.clock
        if not alone:
            self.settle_to((event.time,))
        self.clock = max(before, self.clock, event.time)
        user = self.users.setdefault(event.user_id, User())
        kind = type(event)
        same = [e for e in user.events if type(e) is kind][-32:]
        if any((e.source, e.id) == (event.source, event.id) for e in same):
            return "duplicate"
        include = event.time < self.clock or self.ticked >= self.clock
        for instant in iter(lambda: self.next_instant(user), None):
            if instant > self.clock or (instant == self.clock and not include):
                break
            self.decide(event.user_id, user, instant, "expiry")
        user.events.append(event)
        for name, detector in self.catalogue.detectors.items():
            self.detect(event.user_id, user, name, detector)
        self.decide(event.user_id, user, self.clock, "event")
        return "late" if any(self.is_late(m, event) for m in self.fed(event)) else "applied"

    def settle_to(self, last: tuple[int] | tuple[int, str]) -> None:
        """Everything before (or up to) this, in the order (instant, user)."""
        while True:
            due = [
                (at, name)
                for name, user in self.users.items()
                if (at := self.next_instant(user)) is not None and (at, name) <= last
            ]
            if not due:
                return
            instant, name = min(due)
            self.decide(name, self.users[name], instant, "expiry")
            self.clock = max(self.clock, instant)

    def next_instant(self, user: User) -> int | None:
        """The first instant after `user.done` at which anything could change."""
        return min((at for at in self.instants(user) if at > user.done), default=None)

    def instants(self, user: User) -> Iterator[int]:
        """All instants at which anything about the user could change by itself."""
        for m in self.catalogue.measures.values():
            if m.window:
                for e in user.events:
                    yield (e.time // m.window.step) * m.window.step + m.window.width
        for tag in self.catalogue.tags.values():
            if tag.name in user.since:
                yield user.since[tag.name] + tag.hold
            for rule in tag.rules:
                for call, bound in ages(rule.condition):
                    for e in user.events:
                        limit = int(bound * 3_600_000 * HOURS[call.function])
                        yield from (e.time + limit, e.time + limit + 1)
        for name, hit in user.hits.items():
            yield hit + self.catalogue.detectors[name].flag

    def decide(self, name: str, user: User, at: int, cause: str) -> None:
        """All tags of a user at one instant."""
        user.done = max(user.done, at)
        for tag_name in self.order:
            old, (new, rule) = user.tags.get(tag_name), self.tag(tag_name, user, at)
            tag = self.catalogue.tags.get(tag_name)
            if tag and tag.hold and old is not None and at < user.since[tag_name] + tag.hold:
                values = [r.value for r in tag.rules]
                if new is None or values.index(new) > values.index(old):
                    continue
            if new != old:
                if new is None and tag:
                    rule = next(r.text for r in tag.rules if r.value in (old, None))
                self.changes.append((name, tag_name, old, new, at, cause, rule if tag else None))
                user.tags[tag_name], user.since[tag_name] = new, at

    def tag(self, name: str, user: User, at: int) -> tuple[Any, str | None]:
        """The value that a tag should have, and the rule."""
        on = {n for n, hit in user.hits.items() if at < hit + self.catalogue.detectors[n].flag}
        if name == "anomaly":
            severities = [self.catalogue.detectors[n].severity for n in on]
            return max(severities, key=RANK.__getitem__, default=None), None
        if name not in self.catalogue.tags:
            return (name.removeprefix("anomaly_") in on) or None, None
        tag: Tag = self.catalogue.tags[name]
        for rule in tag.rules:
            if tag.kind == "value":
                assert rule.condition
                value = self.value(rule.condition, user, at)
                return None if value is None else shown(value), rule.text
            if rule.condition is None or self.value(rule.condition, user, at) is True:
                return rule.value, rule.text
        return None, None

    def detect(self, name: str, user: User, key: str, d: Detector) -> None:
        """A velocity: the newest events, if the last to come is one of them, lie close enough."""
        fed = [e for e in user.events if e.type in d.of and (not d.where or where(d.where, e))]
        if not fed or fed[-1] is not user.events[-1]:
            return
        newest = sorted(fed, key=lambda e: e.time)[-int(d.parameters["count"]) :]
        close = newest[0].time > newest[-1].time - d.parameters["within"]
        if len(newest) < d.parameters["count"] or fed[-1] not in newest or not close:
            return
        user.hits[key] = self.clock
        if key in user.alerts and self.clock < user.alerts[key] + d.cooldown:
            user.hushed[key] = user.hushed.get(key, 0) + 1
            return
        ids = tuple(e.id for e in newest[-10:])
        self.alerts.append((name, key, self.clock, user.hushed.pop(key, 0), ids))
        user.alerts[key] = self.clock

    def fed(self, event: Event) -> list[Measure]:
        """The measures that this event feeds."""
        return [m for m in self.catalogue.measures.values() if feeds(m, event)]

    def is_late(self, m: Measure, event: Event) -> bool:
        """Whether the event is outside the measure's window."""
        has_it = m.field is None or getattr(event, m.field) is not None
        return m.window is not None and has_it and not inside(m, event, self.clock)

    def value(self, e: Expression, user: User, at: int) -> Any:
        """An expression of a rule; None is missing, money a plain number."""

        def name(n: Name) -> Any:
            if n.kind == "measure":
                return figure(self.catalogue.measures[n.name], user.events, at)
            value = user.tags.get(n.name)
            return value is True if n.type == "bool" else value

        return evaluate(e, name, at)


def evaluate(e: Any, name: Any, at: int) -> Any:  # noqa: PLR0911 - one line a case
    """An expression; `name` gives the value of a name."""
    match e:
        case Constant():
            return e.value
        case Name():
            return name(e)
        case Logical():
            truths = [evaluate(part, name, at) is True for part in e.operands]
            return all(truths) if e.op == "and" else any(truths)
        case Unary(op="not"):
            return evaluate(e.operand, name, at) is not True
        case Membership():
            value = evaluate(e.operand, name, at)
            return value is not None and ((value in [c.value for c in e.choices]) != e.negated)
    parts: Any = (e.left, e.right) if isinstance(e, Binary) else ()
    parts = e.arguments if isinstance(e, Call) else parts or (e.operand,)
    values = [evaluate(part, name, at) for part in parts]
    comparison = isinstance(e, Binary) and e.op in ("==", "!=", "<", "<=", ">", ">=")
    if any(value is None for value in values):
        return False if comparison else None
    return calculate(e, values, at)


def calculate(e: Expression, v: list[Any], at: int) -> Any:
    """One step, nothing missing."""
    if isinstance(e, Unary):
        return EXACT.minus(Decimal(v[0]))
    if isinstance(e, Call):
        if e.function in HOURS:
            return Decimal(at - v[0]) / (3_600_000 * HOURS[e.function])
        functions: Any = {"min": min, "max": max, "abs": abs}
        return functions[e.function](*v)
    assert isinstance(e, Binary)
    if e.op == "/":
        return ROUNDED.divide(Decimal(v[0]), Decimal(v[1])) if v[1] != 0 else None
    if e.op in "+-*":
        left, right = Decimal(v[0]), Decimal(v[1])
        steps = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}
        return steps[e.op](left, right)
    less, same = v[0] < v[1], v[0] == v[1]
    truths = {"==": same, "!=": not same, "<": less, "<=": less or same}
    return (truths | {">": not less and not same, ">=": not less})[e.op]


def figure(m: Measure, events: list[Event], at: int) -> Any:
    """A measure made from all events: those that feed it and lie in the window."""
    fed = [e for e in events if feeds(m, e) and (not m.window or inside(m, e, at))]
    if m.aggregate == "count":
        return len(fed)
    if m.aggregate == "score":
        return sum((m.points or {})[e.type] for e in fed)
    ranked = sorted(fed, key=lambda e: (e.time, e.source, e.id))
    if m.aggregate == "attribute":
        found = [e.attributes for e in ranked if m.attribute in e.attributes]  # type: ignore[attr-defined] # a profile
        return found[-1][m.attribute] if found else None
    assert m.field
    values = [v for e in ranked if (v := getattr(e, m.field)) is not None]
    if m.field == "amount":
        values = [Decimal(v) / 100 for v in values]
    if m.aggregate == "sum":
        return sum(values)
    if not values:
        return None
    pick: Any = {"max": max, "min": min, "last": itemgetter(-1), "first": itemgetter(0)}
    return pick[m.aggregate](values)


def feeds(m: Measure, e: Event) -> bool:
    """Whether the event's type and `where` match."""
    types = ("profile",) if m.aggregate == "attribute" else m.types
    return e.type in types and (m.where is None or where(m.where, e))


def where(condition: Expression, e: Event) -> bool:
    """Whether an event meets a condition on its own fields."""

    def field_of(n: Name) -> Any:
        value = getattr(e, n.name, None)
        return Decimal(value) / 100 if n.name == "amount" and value is not None else value

    return evaluate(condition, field_of, 0) is True


def inside(m: Measure, e: Event, at: int) -> bool:
    """CONTRACT 3, Windows: the buckets in (floor(T/S) - W/S, floor(T/S)]."""
    assert m.window
    now, buckets = at // m.window.step, m.window.width // m.window.step
    return now - buckets < e.time // m.window.step <= now


def ages(e: Expression | None) -> Iterator[tuple[Call, Decimal]]:
    """Each comparison of an age with a constant."""
    if isinstance(e, Binary) and isinstance(e.left, Call) and isinstance(e.right, Constant):
        yield e.left, Decimal(e.right.value)
    elif isinstance(e, Logical):
        for part in e.operands:
            yield from ages(part)
    elif isinstance(e, Unary):
        yield from ages(e.operand)


def shown(value: Any) -> str:
    """A value as the text of a tag."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return str(value).lower() if isinstance(value, bool) else value
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
