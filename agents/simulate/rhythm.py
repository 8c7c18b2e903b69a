"""When things happen: the day of people in China, quiet at night and busy at ten and nine."""

from collections.abc import Iterator
from itertools import pairwise
from random import Random

from agents.simulate.local_time import HOUR, local_hour
from agents.simulate.plan import Plan

# How busy an hour of the local day is, and which part of its events is about money.
BUSY = (2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 10, 9, 9, 11, 11, 10, 9, 9, 10, 12, 12, 8, 4)
MONEY = (
    *(0.10, 0.10, 0.10, 0.10, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.35, 0.35),
    *(0.30, 0.30, 0.35, 0.35, 0.35, 0.30, 0.25, 0.20, 0.15, 0.15, 0.10, 0.10),
)


def moments(plan: Plan, rng: Random) -> Iterator[int]:
    """One time an event, rising, epoch milliseconds: exactly `plan.events` of them."""
    if plan.end is None:
        yield from _steady(plan, rng)
        return
    for start, end, count in _pieces(plan, plan.end):
        gap = (end - start) / count
        for number in range(count):
            yield start + int((number + rng.random()) * gap)


def _steady(plan: Plan, rng: Random) -> Iterator[int]:
    number = 0
    while True:
        yield plan.start + int((number + rng.random()) * plan.gap)
        number += 1


def _pieces(plan: Plan, end: int) -> Iterator[tuple[int, int, int]]:
    """The span cut at full hours: start, end and number of events of each piece with any."""
    first = (plan.start // HOUR + 1) * HOUR
    edges = list(pairwise([plan.start, *range(first, end, HOUR), end]))
    weights = [BUSY[local_hour(start)] * (stop - start) for start, stop in edges]
    total, events = sum(weights), plan.events or 0
    reached = done = 0
    for (start, stop), weight in zip(edges, weights, strict=True):
        reached += weight
        upto = events * reached // total if total else events
        if upto > done:
            yield start, stop, upto - done
        done = upto
