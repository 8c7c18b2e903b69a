"""Tests of agents/simulate/people.py."""

import pytest

from agents.simulate.chance import dice
from agents.simulate.people import Population, name


def test_no_two_members_have_the_same_name() -> None:
    """Looked at for a hundred thousand of them; the rest is arithmetic with a prime."""
    assert len(set(map(name, range(100_000)))) == 100_000


@pytest.mark.parametrize("users", [1, 2, 3, 4, 10, 1_000])
def test_members_and_communities_stay_within_their_numbers(users: int) -> None:
    """Also where there are hardly any."""
    people, rng = Population(users), dice(1, "test")
    members = {people.someone(rng) for _ in range(2_000)}
    assert members <= set(range(users))
    assert {people.community(rng, m) for m in members} <= set(range(people.communities))


@pytest.mark.parametrize("users", [1, 3, 4, 39, 1_000])
def test_nobody_is_suspect_and_lookalike_at_once(users: int) -> None:
    """Two stories of one member might add up to an anomaly that is not in the truth."""
    people = Population(users)
    assert not set(people.suspects) & set(people.lookalikes)
    assert {*people.suspects, *people.lookalikes} <= set(range(users))
