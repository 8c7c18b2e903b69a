from decimal import Decimal

from tests.streams.aggregates.one_user import OneUser


def test_a_mean_of_money_is_exact_to_28_digits() -> None:
    """10.00, 0.01 and 0.01: a third of 10.02, as a plain number; an event without is none."""
    user = OneUser(["m: {mean: amount, of: [payment, overdue]}"], shown="value: m")
    for time, cents in enumerate((1_000, 1, 1)):
        user.deal(time, cents)
    assert user.tags == {"shown": "3.34"}
    user.deal(3, 1)
    assert user.tags == {"shown": "2.5075"}
    assert user.evidence("shown") == {"m": Decimal("2.5075")}


def test_nothing_has_no_mean() -> None:
    """Missing before the first event that has the field, and after the last has left."""
    user = OneUser(
        ["m: {mean: score, of: [feedback], window: 4s, step: 1s}"],
        low="when: m <= 2",
        known="when: m >= 0",
    )
    user.act(500, "feedback")
    assert user.tags == {}
    user.act(1_500, "feedback", score=1)
    user.act(2_500, "feedback", score=5)
    user.wait(10_000)
    assert user.changes == [
        (1_500, "low", True),
        (1_500, "known", True),
        (2_500, "low", None),
        (6_000, "known", None),
    ]


def test_a_late_amount_lands_in_its_bucket_and_leaves_with_it() -> None:
    """And one that is too old is late."""
    user = OneUser(["m: {mean: score, of: [feedback], window: 4s, step: 1s}"], shown="value: m")
    assert user.act(5_000, "feedback", score=5) == "applied"
    assert user.act(2_500, "feedback", score=1) == "applied"
    assert user.act(1_999, "feedback", score=1) == "late"
    assert user.tags == {"shown": "3"}
    user.wait(6_000)
    assert user.changes[-1] == (6_000, "shown", "5")
