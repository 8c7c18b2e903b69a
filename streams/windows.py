"""Sparse rings: what fell into each bucket of a sliding window, oldest first.

A ring is one flat list, `[bucket, amount, bucket, amount, ...]`, with only the buckets that
have something: most users do little. A bucket is `time // step`, counted from `origin(step)`: short
numbers make short rows. At clock time T a window of n buckets covers those in
`(T // step - n, T // step]`. The caller keeps the total beside it.

>>> ring = []
>>> put(ring, 7, 2), put(ring, 9, 1), put(ring, 7, 1), ring
(None, None, None, [7, 3, 9, 1])
>>> first_below(ring, 4, (1, 3))  # the total is 4; when 7 leaves it is 1, no longer 3
7
>>> evict(ring, 7), ring
(3, [9, 1])
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

Ring = list[int]

NEVER = (1 << 64) - 1
"""The deadline of what cannot change by itself."""
_ORIGIN = 1_735_689_600_000  # 2025-01-01T00:00:00Z; times before it have negative buckets


def origin(step: int) -> int:
    """The bucket that is number 0 in the rings of windows with this step."""
    return _ORIGIN // step


def put(ring: Ring, bucket: int, amount: int) -> None:
    """Add to a bucket, in whichever order events come."""
    place = len(ring)
    while place and ring[place - 2] > bucket:
        place -= 2
    if place and ring[place - 2] == bucket:
        ring[place - 1] += amount
    else:
        ring[place:place] = (bucket, amount)


def evict(ring: Ring, gone: int) -> int:
    """Drop the buckets up to and including `gone`; return what was in them."""
    place, total = 0, 0
    while place < len(ring) and ring[place] <= gone:
        total += ring[place + 1]
        place += 2
    del ring[:place]
    return total


def slot(ring: list[Any], bucket: int, part: object) -> int:
    """The place of a bucket's part; a new bucket begins with `part`."""
    place = len(ring)
    while place and ring[place - 2] > bucket:
        place -= 2
    if place and ring[place - 2] == bucket:
        return place - 1
    ring[place:place] = (bucket, part)
    return place + 1


def drop(ring: list[Any], gone: int) -> None:
    """Drop the buckets up to and including `gone`."""
    place = 0
    while place < len(ring) and ring[place] <= gone:
        place += 2
    del ring[:place]


def first_below(ring: Ring, total: int, bands: Sequence[int]) -> int:
    """The bucket whose leaving takes the total below the highest of `bands` that it reaches.

    It reaches one. Amounts are not negative and bands positive, so nothing else can change what
    a comparison with these constants says while only time passes.
    """
    floor = bands[bisect_right(bands, total) - 1]
    for place in range(0, len(ring), 2):
        total -= ring[place + 1]
        if total < floor:
            return ring[place]
    raise AssertionError("a total is the sum of its buckets")


def crosses(bands: Sequence[int], old: int | None, new: int | None) -> bool:
    """Whether some comparison with these constants says something else of new than of old."""
    if old is None or new is None:
        return old is not new
    return bisect_right(bands, old) != bisect_right(bands, new)


def ages(spans: Sequence[int], old: int | None, new: int | None, at: int) -> bool:
    """Whether some comparison of the age of a time with these spans comes out differently."""
    if old is None or new is None:
        return old is not new
    return bisect_right(spans, at - old) != bisect_right(spans, at - new)


def next_age(spans: Sequence[int], since: int | None, at: int) -> int:
    """The first instant after `at` at which the age of a time reaches one of `spans`."""
    if since is None:
        return NEVER
    reached = bisect_right(spans, at - since)
    return since + spans[reached] if reached < len(spans) else NEVER
