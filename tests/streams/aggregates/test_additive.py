import pytest

from tests.streams.aggregates.one_user import OneUser


def test_points_may_fall_below_zero() -> None:
    """A constant at or below 0 matters where points are taken away."""
    user = OneUser(["p: {score: {like: 1, leave: -2}}"], bad="when: p < 0", fine="when: p >= -1")
    for time, kind in enumerate(("like", "leave", "leave", "like", "like", "like")):
        user.act(time, kind)
    assert user.changes == [
        (0, "fine", True),
        (1, "bad", True),
        (2, "fine", None),
        (4, "fine", True),
        (5, "bad", None),
    ]


@pytest.mark.parametrize("rule", ["m >= 0", "m > -1", "not (m < 0)", "m != -3", "0 <= m"])
def test_a_missing_number_is_not_zero(rule: str) -> None:
    """The first value is news even to a rule that every value meets."""
    user = OneUser(["m: {max: amount, of: [payment]}"], known=f"when: {rule}")
    user.act(0)
    user.deal(1, 100)
    expected = 0 if rule.startswith("not") else 1
    assert user.changes == [(expected, "known", True)]
