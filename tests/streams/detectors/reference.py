"""The kinds of detectors once more, slow and obvious: every question is asked of all raw events.

It shares no code with the detectors, and nothing is kept but the events, in order of arrival.
"""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import assume

from schemas.events import Event
from streams.catalogue.model import Detector

Found = tuple[list[Event], dict[str, Any]]
"""The events that an alert has to show, oldest first, and its figures."""


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
    enough = d.parameters.get("min_letters", 1)
    said = [e for e in fed if len(same(e.content) or "") >= enough and e.community_id]
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
        # within rounding of the limit: such a case proves nothing
        assume(not known or not 1e-9 < abs(gap - far) < 1e-4)
        strange = known and gap > far + 1e-6
        if not strange:
            learnt.append(level + (max(gap, -far) if known else gap))
    if not strange:
        return None
    baseline = math.exp(level + far) / float(d.parameters["factor"])
    figures = {
        "baseline": baseline / 100,
        "times": fed[-1].amount / baseline,
        "learnt": len(learnt),
    }
    return [fed[-1]], figures


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


KINDS: dict[str, Callable[[Detector, list[Any]], Found | None]] = {
    "velocity": velocity,
    "spike": spike,
    "structuring": structuring,
    "dormant": dormant,
    "burst": burst,
    "duplicate_content": duplicate_content,
    "overdue": overdue,
}
