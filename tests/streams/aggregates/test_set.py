from itertools import permutations
from random import Random

from tests.streams.aggregates.one_user import OneUser

SET = "s: {set: community_id, add: [join, post], remove: [leave]}"


def test_the_latest_event_of_a_value_decides_in_any_order_of_arrival() -> None:
    """Ties go to the greater (source, id)."""
    events = (
        (1_000, "join", "c1", "app", "a"),
        (3_000, "leave", "c1", "app", "b"),
        (2_000, "post", "c1", "app", "c"),
        (2_000, "join", "c2", "app", "x"),
        (2_000, "leave", "c2", "app", "w"),
        (2_000, "leave", "c3", "web", "a"),
        (2_000, "join", "c3", "app", "z"),
    )
    for order in Random(1).sample([*permutations(events)], 40):
        user = OneUser([SET], communities="set: s", two="when: len(s) >= 2")
        for time, kind, value, source, name in order:
            user.act(time, kind, community_id=value, source=source, id=name)
        assert user.tags == {"communities": ["c2"]}


def test_an_empty_set_is_no_tag_and_has_no_members() -> None:
    """As a measure and as a tag."""
    user = OneUser(
        [SET],
        mine="set: s",
        alone="when: len(mine) == 0",
        stranger="when: \"'c1' not in mine and not ('c1' in s)\"",
    )
    user.act(0, "visit")
    assert user.tags == {"alone": True, "stranger": True}
    user.act(1, "join", community_id="c1")
    assert user.tags == {"mine": ["c1"]}
    user.act(2, "leave", community_id="c1")
    assert user.tags == {"alone": True, "stranger": True}


def test_of_more_than_256_members_the_newest_stay() -> None:
    """By the time of their events; one that leaves makes room."""
    user = OneUser([SET], mine="set: s")
    for number in reversed(range(300)):
        user.act(number, "join", community_id=f"c{number:03}")
    assert user.tags == {"mine": [f"c{number:03}" for number in range(44, 300)]}
    user.act(400, "leave", community_id="c299")
    user.act(43, "join", community_id="c043")
    assert user.tags == {"mine": [f"c{number:03}" for number in range(43, 299)]}


def test_as_many_removals_are_remembered() -> None:
    """The row of one who joins and leaves for ever stays small."""
    user = OneUser([SET], mine="set: s")
    for number in range(600):
        user.act(2 * number, "join", community_id=f"c{number}")
        user.act(2 * number + 1, "leave", community_id=f"c{number}")
    user.act(2 * 599, "post", community_id="c599")
    assert user.tags == {}
    assert user.row() < 256 * 40
