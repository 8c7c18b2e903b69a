import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.communities import Counts, add, counts_of
from streams.community_health import BANDS, Band, health_of

DAYS = st.lists(st.tuples(st.integers(1, 7), st.integers(0, 3), st.just(0)), max_size=3)
USERS = st.lists(st.tuples(st.booleans(), DAYS), max_size=8)


@given(USERS)
def test_shares_are_those_of_the_users_counted_one_by_one(
    users: list[tuple[bool, list[tuple[int, int, int]]]],
) -> None:
    """However many partitions they are spread over: counts add up."""
    counts: Counts = {}
    for member, days in users:
        add(counts, counts_of({"c"} if member else None, {"c": days} if days else None))
    health = health_of(counts.get("c", {}))
    posts = [sum(day[1] for day in days) for _, days in users]
    members = sum(member for member, _ in users)
    silent = sum(member and not days for member, days in users)
    assert (health.members, health.posts) == (members, sum(posts))
    assert health.silent_share == (silent / members if members else None)
    assert health.top_poster_share == (max(posts) / sum(posts) if sum(posts) else None)


@pytest.mark.parametrize(
    ("counts", "band"),
    [
        ({}, "empty"),
        ({"posts": 3, "posters:3": 1}, "empty"),
        ({"members": 3}, "silent"),
        ({"members": 3, "speakers": 2, "posts": 10, "repeated": 3, "posters:5": 2}, "advertised"),
        ({"members": 3, "speakers": 2, "posts": 4, "posters:2": 2}, "one_voice"),
        ({"members": 3, "speakers": 2, "posts": 3, "repeated": 3, "posters:3": 1}, "lively"),
        ({"members": 10, "speakers": 1}, "quiet"),
        ({"members": 10, "speakers": 2}, "lively"),
    ],
)
def test_a_community_is_in_the_first_band_that_holds(counts: dict[str, int], band: Band) -> None:
    assert health_of(counts).band == band


def test_every_community_has_a_band() -> None:
    assert list(BANDS)[-1] == "lively"
    assert BANDS["lively"](health_of({}))
