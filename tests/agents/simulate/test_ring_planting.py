"""Tests of agents/simulate/ring_planting.py: what several members do, in the traffic."""

import doctest
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

import pytest

from agents.simulate import ring_planting
from agents.simulate.anomalies import RINGS
from agents.simulate.people import Population, name
from agents.simulate.plan import Plan
from agents.simulate.planting import Truth
from agents.simulate.traffic import Sent, Traffic
from schemas.contents import content_hash, letters
from schemas.decode import Decoder
from schemas.events import Event, Interaction

MIDNIGHT = 1_748_793_600_000  # 2025-06-02 00:00 in Shanghai
DAY = 86_400_000
DECODER = Decoder("CNY")
WEEK = Plan(MIDNIGHT, users=2_000, rate=200, seconds=150, speed=4_032, across_users=True)


Played = tuple[list[Event], list[Truth]]


@pytest.fixture(scope="module")
def week() -> Played:
    """30,000 events of seven days."""
    return played(WEEK)


def played(plan: Plan, most: int | None = None) -> Played:
    """The events of a plan as a worker reads them, and the truth about rings."""
    traffic = Traffic(plan)
    return decoded(islice(traffic, most)), rings(traffic)


def decoded(sent: Iterable[Sent]) -> list[Event]:
    return [DECODER.decode(one.topic, one.value, (), one.due) for one in sent]


def rings(traffic: Traffic) -> list[Truth]:
    return [truth for truth in traffic.truth() if truth.detector in RINGS]


def copied(events: Iterable[Event]) -> dict[str, set[str]]:
    """Whose posts say what three say within a day, by user: the slow, obvious way."""
    posts = defaultdict[int | None, set[tuple[int, str, str]]](set)
    said = (one for one in events if isinstance(one, Interaction) and one.type == "post")
    for event in said:
        if event.content is not None and letters(event.content) >= 12:
            posts[content_hash(event.content)].add((event.time, event.user_id, event.id))
    found = defaultdict[str, set[str]](set)
    for same in posts.values():
        for end, *_ in same:
            within = [one for one in same if end - DAY < one[0] <= end]
            if len({user for _, user, _ in within}) >= 3:
                for _, user, post in within:
                    found[user].add(post)
    return found


def test_exactly_the_members_of_the_truth_say_the_same(week: Played) -> None:
    """Against the definition, applied to all events: lookalikes and daily life do not."""
    events, truths = week
    assert len(truths) > 30
    assert {one.user_id for one in truths} == copied(events).keys()


def test_each_member_of_a_ring_has_a_line_with_the_events_of_all(week: Played) -> None:
    """One of them with an event of their own, from the first to the last."""
    events, truths = week
    by_id = {event.id: event for event in events}
    for one in truths:
        shown = [by_id[event] for event in one.events]
        users = {event.user_id for event in shown}
        assert one.user_id in users
        assert {other.user_id for other in truths if other.events == one.events} == users
        assert len(users) >= 3
        assert (shown[0].time, shown[-1].time) == (one.start, one.end)


def test_a_ring_broken_off_is_in_the_truth_once_it_could_be_found() -> None:
    """At any moment the truth holds whom the definition holds: nobody who has not posted yet."""
    traffic, events = Traffic(WEEK), list[Event]()
    sent = iter(traffic)
    while some := decoded(islice(sent, 2_000)):
        events += some
        assert {one.user_id for one in rings(traffic)} == copied(events).keys()


def test_nothing_of_it_is_planted_unless_asked_for() -> None:
    """A truth that lists what no packaged detector looks for would look like a miss."""
    alone = replace(WEEK, across_users=False)
    events, truths = played(alone)
    assert not truths
    assert not copied(events)


def test_traffic_without_end_has_rings_too() -> None:
    """By the minute, in turns over the members."""
    endless = replace(WEEK, users=5_000, seconds=None, speed=1.0)
    events, truths = played(endless, 50_000)
    assert {one.user_id for one in truths} == copied(events).keys()
    assert truths


@pytest.mark.parametrize("users", [1, 3, 4, 39, 119, 1_000])
def test_rings_have_members_of_their_own(users: int) -> None:
    """Two stories of one member might add up; where there are too few members there is none."""
    people = Population(users)
    zones = (people.suspects, people.lookalikes, people.ring_suspects, people.ring_lookalikes)
    assert sum(map(len, zones)) == len(set().union(*zones))
    assert set().union(*zones) <= set(range(users))
    _, truths = played(replace(WEEK, users=users), 5_000)
    assert {one.user_id for one in truths} <= set(map(name, people.ring_suspects))


def test_the_examples_in_docstrings_are_true() -> None:
    """They are the first thing that a reader believes."""
    assert not doctest.testmod(ring_planting).failed
