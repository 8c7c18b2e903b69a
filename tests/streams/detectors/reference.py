"""The detectors once more, slow and obvious: every question is asked of all raw events.

It shares no code with the detectors, and nothing is kept but the events, in order of arrival.
"""

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from schemas.events import Event
from streams.catalogue.model import Detector
from tests.streams.stepwise import Reference, User, where

DAY = 86_400_000
Found = tuple[list[Event], dict[str, Any]]
"""The events that an alert has to show, oldest first, and its figures."""
Told = tuple[str, str, str, int, str, int, tuple[str, ...], dict[str, Any]]
"""An alert: user, detector, severity, time, kind of cause, suppressed, ids, figures."""


class Watch(Reference):
    """The reference with all kinds of detectors. `told`: the alerts so far."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.told: list[Told] = []
        self.found: set[tuple[str, str, int]] = set()  # user, detector, number of a late borrow

    def instants(self, user: User) -> Iterator[int]:
        yield from super().instants(user)
        for d in self.catalogue.detectors.values():
            if d.kind == "overdue":
                yield from (due for e in seen(d, user) if (due := due_of(d, e)) is not None)

    def decide(self, name: str, user: User, at: int, cause: str) -> None:
        for key, d in self.catalogue.detectors.items():
            if d.kind == "overdue":
                for number, due, found in late(d, user, at):
                    if (name, key, number) not in self.found:
                        self.found.add((name, key, number))
                        found[1]["due"] = due
                        self.hit(name, user, d, at, "expiry", found)
        super().decide(name, user, at, cause)

    def detect(self, name: str, user: User, key: str, d: Detector) -> None:
        del key
        fed, event = seen(d, user), user.events[-1]
        if fed and fed[-1] is event and (found := KINDS[d.kind](d, fed)):
            self.hit(name, user, d, self.clock, "event", found)

    def hit(self, name: str, user: User, d: Detector, at: int, cause: str, found: Found) -> None:
        """The flag is on; an alert, unless the last is too recent."""
        user.hits[d.name] = at
        if d.name in user.alerts and at < user.alerts[d.name] + d.cooldown:
            user.hushed[d.name] = user.hushed.get(d.name, 0) + 1
            return
        ids = tuple(e.id for e in found[0][-10:])
        quiet = user.hushed.pop(d.name, 0)
        self.told.append((name, d.name, d.severity, at, cause, quiet, ids, found[1]))
        user.alerts[d.name] = at


def seen(d: Detector, user: User) -> list[Event]:
    """The events that the detector looks at; repays it always does."""
    return [
        e
        for e in user.events
        if e.type in d.of
        and ((d.kind == "overdue" and e.type == "repay") or not d.where or where(d.where, e))
    ]


def money(cents: int) -> Decimal:
    return Decimal(cents) / 100


def newest(events: list[Event], count: int) -> list[Event]:
    """By event time; those that came later stand behind those of the same time."""
    return sorted(events, key=lambda e: e.time)[-count:]


def together(events: list[Event], count: int, within: int) -> list[Event]:
    """The newest events, if the last to come is one of them and they are close enough."""
    last = newest(events, count)
    close = len(last) == count and last[0].time > last[-1].time - within
    return last if close and any(e is events[-1] for e in last) else []


def velocity(d: Detector, fed: list[Event]) -> Found | None:
    count, within = d.parameters["count"], d.parameters["within"]
    events = together(fed, int(count), int(within))
    return (events, {"count": count, "within": within}) if events else None


def structuring(d: Detector, fed: list[Event]) -> Found | None:
    threshold, band = d.parameters["threshold"], d.parameters["band"]

    def near(event: Any) -> bool:
        return event.amount is not None and threshold - band <= money(event.amount) < threshold

    events: Any = [e for e in fed if near(e)]
    found = velocity(d, events) if near(fed[-1]) else None
    if found is None:
        return None
    shown: Any = found[0][-10:]
    total = money(sum(e.amount for e in shown))
    return events and (found[0], found[1] | {"threshold": threshold, "total": total})


def dormant(d: Detector, fed: list[Event]) -> Found | None:
    if len(fed) == 1:
        return None
    last = max(e.time for e in fed[:-1])
    silence = fed[-1].time - last
    figures = {"last": last, "silence": silence}
    return ([fed[-1]], figures) if silence >= d.parameters["idle"] else None


def same(text: str | None) -> str | None:
    """Good enough for the few contents of these tests."""
    return None if text is None else "".join(c for c in text.lower() if c.isalnum()) or None


def burst(d: Detector, fed: list[Any]) -> Found | None:
    count, within = d.parameters["count"], d.parameters["within"]
    events: list[Any] = together(fed, int(count) + 1, int(within))
    contents = {same(getattr(e, "content", None)) for e in events} - {None}
    if not events or len(contents) > d.parameters["distinct_content"]:
        return None
    return events, {"count": len(events), "within": within, "contents": len(contents)}


def duplicate_content(d: Detector, fed: list[Any]) -> Found | None:
    last, within = fed[-1], d.parameters["within"]
    said = [e for e in fed if same(e.content) and e.community_id]
    if last not in said:
        return None
    end = max(e.time for e in said)
    alike = [e for e in said if same(e.content) == same(last.content) and e.time > end - within]
    latest: dict[str, tuple[int, int, Event]] = {}
    for number, e in enumerate(alike):
        latest[e.community_id] = max(latest.get(e.community_id, (0, 0, e)), (e.time, number, e))
    if last not in alike or len(latest) < d.parameters["communities"]:
        return None
    ordered = [e for _, _, e in sorted(latest.values(), key=lambda found: found[:2])]
    return ordered, {"communities": len(latest), "within": within}


def spike(d: Detector, fed: list[Any]) -> Found | None:
    """All amounts so far, each in the light of those before it that were no hits."""
    learnt, strange, level, far = list[float](), False, 0.0, 0.0
    factor = math.log(d.parameters["factor"])
    for event in fed:
        if event.amount is None:
            strange = False
            continue
        level, spread = mean_and_deviation(learnt)
        far, known = max(factor, 5 * spread), len(learnt) >= d.parameters["min_events"]
        gap = math.log(event.amount) - level
        if known and abs(gap - far) < 1e-4 and abs(gap - far) > 1e-9:
            raise TooClose
        strange = known and gap > far + 1e-6
        if not strange:
            learnt.append(level + (max(gap, -far) if known else gap))
    if not strange:
        return None
    baseline = math.exp(level + far) / float(d.parameters["factor"])
    figures = {"baseline": baseline, "times": fed[-1].amount / baseline, "learnt": len(learnt)}
    return [fed[-1]], figures


class TooClose(Exception):  # noqa: N818 - a case that proves nothing
    """An amount within rounding of the limit."""


def mean_and_deviation(values: list[float]) -> tuple[float, float]:
    """Each value weighs 1 / its number when it comes, from the 50th on 1 / 50."""
    weights = list[float]()
    for number in range(1, len(values) + 1):
        share = 1 / min(number, 50)
        weights = [*(weight * (1 - share) for weight in weights), share]
    mean = sum(w * v for w, v in zip(weights, values, strict=True))
    if len(values) > 50:
        variance = running_variance(values)
    else:
        variance = sum(w * (v - mean) ** 2 for w, v in zip(weights, values, strict=True))
    return mean, math.sqrt(max(0.0, variance))


def running_variance(values: list[float]) -> float:
    """By West's recurrence, in floating point."""
    mean = variance = 0.0
    for number, value in enumerate(values, 1):
        share = 1 / min(number, 50)
        gap = value - mean
        mean, variance = mean + share * gap, (1 - share) * (variance + share * gap * gap)
    return variance


def overdue(d: Detector, fed: list[Any]) -> Found | None:
    del d
    said = fed[-1].type in ("overdue", "default")
    return ([fed[-1]], {"loan_id": fed[-1].loan_id}) if said else None


def due_of(d: Detector, event: Any) -> int | None:
    if event.type != "borrow" or event.term_days is None:
        return None
    return int(event.time + event.term_days * DAY + d.parameters["grace"])


def late(d: Detector, user: User, at: int) -> Iterator[tuple[int, int, Found]]:
    """Number, due and evidence of each loan that is open and due: all books made anew."""
    found = []
    for number, event, left in books(d, user):
        due = due_of(d, event)
        if due is not None and due <= at:
            figures = {"loan_id": event.loan_id, "outstanding": money(left)}
            found.append((due, event.time, number, event, figures))
    for due, _, number, event, figures in sorted(found, key=lambda f: f[:3]):
        yield number, due, ([event], figures)


def books(d: Detector, user: User) -> list[tuple[int, Any, int]]:
    """The loans that are open after all events: number, borrow, what is left."""
    loans, waiting = list[list[Any]](), dict[str, int]()
    fed: Any = seen(d, user)
    for number, e in enumerate(fed):
        if e.type == "borrow":
            loans.append([number, e, e.amount - waiting.pop(e.loan_id, 0)])
        elif e.type == "repay":
            left = e.amount
            for loan in repaid_by(loans, e):
                part = min(left, loan[2])
                loan[2] -= part
                left = left - part if e.loan_id is None else 0
            if left and e.loan_id is not None:
                waiting[e.loan_id] = waiting.get(e.loan_id, 0) + left
        loans = [loan for loan in loans if loan[2] > 0]
        loans = sorted(loans, key=lambda loan: loan[1].time)[-16:]
    return [(number, e, left) for number, e, left in loans]


def repaid_by(loans: list[list[Any]], repay: Any) -> list[list[Any]]:
    """The loans that a repay is for, in this order."""
    if repay.loan_id is None:
        return loans
    named = [loan for loan in loans if loan[1].loan_id == repay.loan_id]
    return (named or [loan for loan in loans if loan[1].loan_id is None])[:1]


KINDS: dict[str, Callable[[Detector, list[Any]], Found | None]] = {
    "velocity": velocity,
    "spike": spike,
    "structuring": structuring,
    "dormant": dormant,
    "burst": burst,
    "duplicate_content": duplicate_content,
    "overdue": overdue,
}
