"""The reference for `overdue`: which loans are open, and due, after all events of a user."""

from collections.abc import Iterator
from typing import Any

from streams.catalogue.model import Detector
from tests.streams.detectors.reference import Found, money

DAY = 86_400_000


def due_of(d: Detector, event: Any) -> int | None:
    """When a borrow is due, its grace included."""
    if event.type != "borrow" or event.term_days is None:
        return None
    return int(event.time + event.term_days * DAY + d.parameters["grace"])


def late(d: Detector, fed: list[Any], at: int) -> Iterator[tuple[int, Found]]:
    """Number and evidence of each loan that is open and due, the first to be due first."""
    found = []
    for number, event, left in books(fed):
        due = due_of(d, event)
        if due is not None and due <= at:
            figures = {"loan_id": event.loan_id, "outstanding": money(left), "due": due}
            found.append((due, event.time, number, event, figures))
    for _, _, number, event, figures in sorted(found, key=lambda f: f[:3]):
        yield number, ([event], figures)


def books(fed: list[Any]) -> list[tuple[int, Any, int]]:
    """The loans that are open after all events: number, borrow, what is left."""
    loans, waiting = list[list[Any]](), dict[str, int]()
    for number, e in enumerate(fed):
        if e.type == "borrow":
            loans.append([number, e, e.amount - waiting.pop(e.loan_id, 0)])
        elif e.type == "repay":
            left = e.amount
            for loan in repaid_by(loans, e):
                part = min(left, loan[2])
                loan[2] -= part
                left = left - part if e.loan_id is None else 0
            if left and e.loan_id is not None:
                waiting[e.loan_id] = waiting.get(e.loan_id, 0) + left
        loans = [loan for loan in loans if loan[2] > 0]
        loans = sorted(loans, key=lambda loan: loan[1].time)[-16:]
    return [(number, e, left) for number, e, left in loans]


def repaid_by(loans: list[list[Any]], repay: Any) -> list[list[Any]]:
    """The loans that a repay is for, in this order."""
    if repay.loan_id is None:
        return loans
    named = [loan for loan in loans if loan[1].loan_id == repay.loan_id]
    return (named or [loan for loan in loans if loan[1].loan_id is None])[:1]
