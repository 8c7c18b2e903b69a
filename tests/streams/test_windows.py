"""Sparse rings against a plain dictionary of buckets."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.windows import NEVER, ages, crosses, evict, first_below, next_age, put

BUCKETS = st.integers(0, 9)
AMOUNTS = st.integers(0, 3)


@given(st.lists(st.tuples(BUCKETS, AMOUNTS)), BUCKETS)
def test_a_ring_is_a_sorted_dictionary(adds: list[tuple[int, int]], gone: int) -> None:
    """Whatever the order of arrival; evicting returns what was dropped."""
    ring, plain = list[int](), Counter[int]()
    for bucket, amount in adds:
        put(ring, bucket, amount)
        plain[bucket] += amount
    assert ring == [x for item in sorted(plain.items()) for x in item]
    assert evict(ring, gone) == sum(n for bucket, n in plain.items() if bucket <= gone)
    assert ring[::2] == sorted(bucket for bucket in plain if bucket > gone)


@given(st.lists(st.tuples(BUCKETS, AMOUNTS)), st.sets(st.integers(1, 8), min_size=1))
def test_the_next_crossing_is_found_without_trying(
    adds: list[tuple[int, int]], bands: set[int]
) -> None:
    """The first bucket whose leaving changes what some comparison says."""
    ring, total, limits = list[int](), sum(amount for _, amount in adds), sorted(bands)
    for bucket, amount in adds:
        put(ring, bucket, amount)
    if total < limits[0]:
        return
    left, copy = total, list(ring)
    for bucket in ring[::2]:
        left -= evict(copy, bucket)
        if crosses(limits, total, left):
            assert first_below(ring, total, limits) == bucket
            return
    raise AssertionError("an empty window reaches nothing")


@given(st.sets(st.integers(-3, 9), min_size=1), st.integers(0, 9), st.integers(0, 12))
def test_the_next_age_is_the_first_instant_at_which_a_comparison_turns(
    spans: set[int], since: int, at: int
) -> None:
    """Found by looking at every millisecond."""
    limits = sorted(spans)
    turns = [later for later in range(at + 1, 40) if _reached(limits, since, later, at)]
    assert next_age(limits, since, at) == (turns[0] if turns else NEVER)
    assert ages(limits, since, at, at) == any((at - since >= s) != (s <= 0) for s in limits)
    assert ages(limits, None, since, at)
    assert not ages(limits, None, None, at)
    assert next_age(limits, None, at) == NEVER


def _reached(limits: list[int], since: int, later: int, at: int) -> bool:
    return any((later - since >= span) != (at - since >= span) for span in limits)
