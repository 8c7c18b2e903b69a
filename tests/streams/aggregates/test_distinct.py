from random import Random

from tests.streams.aggregates.one_user import OneUser

WINDOW = "d: {distinct: community_id, of: [post], window: 10s, step: 1s}"


def test_a_value_counts_once_until_its_latest_event_leaves() -> None:
    """Seen again later it stays longer; seen again earlier changes nothing."""
    user = OneUser([WINDOW], shown="value: d")
    for time, value in ((1_000, "a"), (2_000, "b"), (5_000, "a"), (4_000, "b"), (3_000, "a")):
        user.act(time, community_id=value)
    user.wait(30_000)
    assert user.changes == [
        (1_000, "shown", "1"),
        (2_000, "shown", "2"),
        (14_000, "shown", "1"),
        (15_000, "shown", "0"),
    ]


def test_above_256_the_count_says_256_and_is_exact_again_when_it_falls() -> None:
    """300 values in any order within the window, one a bucket or several."""
    user = OneUser(
        ["d: {distinct: community_id, of: [post], window: 400s, step: 1s}"], shown="value: d"
    )
    times = [1_000 * (number // 2) for number in range(300)]
    Random(5).shuffle(times)
    user.act(149_000, community_id="first")
    for number, time in enumerate(times):
        user.act(time, community_id=f"c{number}")
    assert user.tags == {"shown": "256"}
    for gone in range(22, 150):
        user.wait(1_000 * (gone + 400))
        left = sum(time > 1_000 * gone for time in times) + (gone < 149)
        assert user.tags == {"shown": str(min(left, 256))}


def test_for_ever_it_stops_at_256() -> None:
    """At least so many."""
    user = OneUser(["d: {distinct: product, of: [post]}"], shown="value: d")
    for number in range(300):
        user.act(number, product=f"p{number % 280}")
    assert user.tags == {"shown": "256"}
    assert user.row() < 256 * 8 + 512


def test_of_content_only_a_hash_is_kept() -> None:
    """However long it was; numbers and times can be counted too."""
    user = OneUser(
        ["d: {distinct: content, of: [post]}", "t: {distinct: time, of: [post]}"],
        shown="value: d * 100 + t",
    )
    for time, content in enumerate(("x" * 4_000, "y" * 4_000, "x" * 4_000)):
        user.act(time, content=content)
    assert user.tags == {"shown": "203"}
    assert user.row() < 250
