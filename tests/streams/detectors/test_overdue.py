"""Loans that are not repaid in time."""

from schemas.changes import EventCause, ExpiryCause
from tests.streams.detectors.playing import DAY, HOUR, START, player


def test_a_loan_is_overdue_at_exactly_term_and_grace_with_no_event() -> None:
    """The flag comes and goes by time alone; the alert shows the borrow."""
    played = player("kind: overdue, grace: 3d, flag: 1d")
    played.play("borrow", 5, amount=100_000, term_days=30, loan_id="l1")
    played.play("repay", 10, amount=60_000, loan_id="l1")
    played.wait(33 * DAY + 4)
    assert not played.alerts
    played.wait(60 * DAY)
    (alert,) = played.alerts
    assert (alert.time, alert.cause, alert.stale) == (START + 33 * DAY + 5, ExpiryCause(), False)
    assert [event.id for event in alert.evidence["events"]] == ["e0"]
    assert (alert.evidence["loan_id"], alert.evidence["outstanding"]) == ("l1", 400)
    assert [(c.tag, c.new, c.time - START) for c in played.out.changes] == [
        ("anomaly_odd", True, 33 * DAY + 5),
        ("anomaly", "warning", 33 * DAY + 5),
        ("anomaly_odd", None, 34 * DAY + 5),
        ("anomaly", None, 34 * DAY + 5),
    ]


def test_a_repay_at_the_last_instant_is_in_time() -> None:
    """At the same instant the event counts first."""
    played = player("kind: overdue, grace: 0s")
    played.play("borrow", 0, amount=100, term_days=1)
    played.play("repay", DAY, amount=100)
    played.wait(9 * DAY)
    assert not played.alerts


def test_another_event_at_the_instant_is_not_the_cause_of_a_timers_alert() -> None:
    """Nobody repaid: it was time."""
    played = player("kind: overdue, grace: 0s")
    played.play("borrow", 0, amount=100, term_days=1)
    played.play("payment", DAY, amount=100)
    assert played.times == [DAY]
    assert played.alerts[0].cause == ExpiryCause()
    assert {type(change.cause) for change in played.out.changes} == {EventCause}


def test_a_repay_that_came_before_its_borrow_counts() -> None:
    """Topics and platforms are not in step; nobody is called overdue for that."""
    played = player("kind: overdue, grace: 0s")
    played.play("repay", HOUR, amount=70, loan_id="l1")
    played.play("repay", HOUR, amount=30, loan_id="l1")
    played.play("borrow", 0, amount=100, term_days=1, loan_id="l1")
    played.wait(9 * DAY)
    assert not played.alerts


def test_what_is_too_much_for_one_loan_does_not_settle_another_of_a_name() -> None:
    """Interest is no repayment of the next loan; without a name it goes to the oldest."""
    played = player("kind: overdue, grace: 0s, cooldown: 0s")
    played.play("borrow", 0, amount=100, term_days=1, loan_id="l1")
    played.play("borrow", 1, amount=50, term_days=1, loan_id="l2")
    played.play("repay", 2, amount=150, loan_id="l1")
    played.play("borrow", 3, amount=80, term_days=1)
    played.play("repay", 4, amount=50)
    played.wait(9 * DAY)
    assert [alert.evidence["loan_id"] for alert in played.alerts] == [None]


def test_a_condition_on_amounts_leaves_repays_counting() -> None:
    """Instalments below the limit settle the loan all the same."""
    played = player("kind: overdue, where: amount >= 50, grace: 0s")
    played.play("borrow", 0, amount=10_000, term_days=1)
    for number in range(10):
        played.play("repay", number + 1, amount=1_000)
    played.wait(9 * DAY)
    assert not played.alerts


def test_a_borrow_that_arrives_after_it_was_due_is_found_at_once() -> None:
    """A backfill: the alert says that it is stale."""
    played = player("kind: overdue, grace: 0s")
    played.play("visit", 9 * DAY)
    played.play("borrow", 0, amount=100, term_days=1, arrived=9 * DAY)
    assert played.times == [9 * DAY]
    assert played.alerts[0].stale
    assert played.alerts[0].cause == ExpiryCause()
