import pytest

from tests.streams.aggregates.one_user import OneUser


@pytest.mark.parametrize("window", ["", ", window: 10s, step: 1s"])
def test_ties_go_to_the_alphabetically_first(window: str) -> None:
    """Whichever came first."""
    user = OneUser([f"t: {{top: product, of: [post]{window}}}"], shown="value: t")
    for time, product in enumerate("bab"):
        user.act(time, product=product)
    assert [new for _, _, new in user.changes] == ["b", "a", "b"]


def test_what_was_hidden_by_a_tie_shows_when_a_late_value_leaves() -> None:
    """A late event that changes nothing now may change something when its bucket goes."""
    user = OneUser(["t: {top: product, of: [post], window: 10s, step: 1s}"], shown="value: t")
    for time, product in ((5_000, "a"), (6_000, "b"), (2_000, "a"), (7_000, "b"), (7_500, "a")):
        user.act(time, product=product)
    user.act(8_000, product="b")
    user.wait(30_000)
    assert user.changes == [
        (5_000, "shown", "a"),
        (12_000, "shown", "b"),
        (18_000, "shown", None),
    ]


@pytest.mark.parametrize(("window", "then"), [("", "p00"), (", window: 10s, step: 1s", "z")])
def test_a_65th_value_counts_only_when_one_of_the_64_has_left(window: str, then: str) -> None:
    """So a row stays small."""
    user = OneUser([f"t: {{top: product, of: [post]{window}}}"], shown="value: t")
    for number in range(64):
        user.act(number, product=f"p{number:02}")
    user.act(5_000, product="z")
    user.act(5_000, product="z")
    assert user.tags == {"shown": "p00"}
    user.act(10_000, product="z")
    assert user.tags == {"shown": then}
