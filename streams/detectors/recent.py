"""The newest events of a user within a span: what detectors that count events keep.

They stand in the order of event time, the newest last, at most `most` of them and none that is
`within` or more behind the newest. So three events within an hour are found in whichever order
they arrive; a late event that would complete a span further back is not kept, and is no hit.
"""

from collections.abc import Sequence
from typing import Any

from schemas.alerts import MOST_EVENTS, Evidence
from streams import numbers

Seen = tuple[int, str, str, int | None]
"""Time, source, id and amount (cents) of an event; kinds may add more behind it."""


def keep(recent: list[Any], seen: tuple[Any, ...], most: int, within: int) -> bool:
    """Take in an event; whether it is one of those that are kept.

    >>> kept = []
    >>> [keep(kept, (time, "app", "e", None), 2, 10) for time in (0, 9, 4, 10, 30, 20)]
    [True, True, True, True, True, False]
    >>> [seen[0] for seen in kept]
    [30]
    """
    time, place = seen[0], len(recent)
    while place and recent[place - 1][0] > time:
        place -= 1
    recent.insert(place, seen)
    gone, before = 0, recent[-1][0] - within
    while recent[gone][0] <= before:
        gone += 1
    if len(recent) - gone > most:
        gone = len(recent) - most
    if gone:
        del recent[:gone]
    if len(recent) <= MOST_EVENTS:
        return place >= gone
    # who fell out of the newest ten is counted, but no longer shown: a flood stays small
    hidden = min(place - gone, len(recent) - MOST_EVENTS - 1)
    if hidden >= 0:
        recent[hidden] = (recent[hidden][0], "", "", None, *recent[hidden][4:])
    return place >= gone


def shown(seen: Sequence[tuple[Any, ...]]) -> list[Evidence]:
    """The latest events, as an alert shows them."""
    return [
        Evidence(source, name, time, numbers.money(amount))
        for time, source, name, amount, *_ in seen[-MOST_EVENTS:]
    ]
