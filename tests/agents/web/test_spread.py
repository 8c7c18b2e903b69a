"""How many users have each value, against counting by hand."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agents.matching.index import MatchIndex
from agents.redis.news import Begin, End, Part, Position
from agents.redis.tags import Tag
from agents.web.spread import spread
from schemas.changes import TagValue
from tests.agents.web.serving import CATALOGUE

INDUSTRY = CATALOGUE.tags["industry"]
VALUES = st.sampled_from([f"{letter}{n}" for letter in "ABC" for n in range(10, 20)])
USERS = st.dictionaries(st.text("uvw", min_size=1, max_size=4), VALUES)


def index(users: dict[str, TagValue]) -> MatchIndex:
    """All users of one partition, with their industry."""
    found = MatchIndex({"industry": INDUSTRY.levels})
    tags = {user: {"industry": Tag(value, 0, 1)} for user, value in users.items()}
    for news in (Begin(0, "first", None), Part(0, (), tags), End(0, Position("run", 1))):
        found.apply(news)
    return found


@given(USERS)
def test_a_tag_with_levels_is_counted_by_its_first_level(users: dict[str, TagValue]) -> None:
    """Each user once."""
    by_hand = Counter(str(value)[0] for value in users.values())
    found = spread(index(users), "industry", INDUSTRY)
    assert (found.users, found.values, found.more) == (len(users), dict(by_hand), 0)


@given(USERS)
def test_of_many_values_the_most_frequent_are_told(users: dict[str, TagValue]) -> None:
    """And how many others there are, which are not more frequent."""
    by_hand = Counter(str(value) for value in users.values())
    plain = MatchIndex({})
    tags = {user: {"region": Tag(value, 0, 1)} for user, value in users.items()}
    for news in (Begin(0, "first", None), Part(0, (), tags), End(0, Position("run", 1))):
        plain.apply(news)
    found = spread(plain, "region", None)
    assert found.users == len(users)
    assert len(found.values) == min(12, len(by_hand))
    assert found.more == len(by_hand) - len(found.values)
    assert all(by_hand[value] == count for value, count in found.values.items())
    left = [count for value, count in by_hand.items() if value not in found.values]
    assert max(left, default=0) <= min(found.values.values(), default=0)
