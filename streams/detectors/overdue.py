"""`overdue`: a loan that should have been paid back and was not.

Either somebody says so (an `overdue` or `default` event), or time does: a borrow is due
`term_days` plus `grace` after its time, exactly, and is a hit then unless it is settled. A
borrow without a term is never due.

A borrow is settled when its repays reach its amount. A repay goes to the open loan of its
`loan_id`; without one to the oldest open loan; with one that no open loan has, to the oldest
loan without an id. If there is none of those either, it waits for its borrow: events may come
out of order. What is paid beyond the amount goes nowhere. At most 16 loans are open, and 16
repays wait: the oldest give way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from schemas.alerts import evidence_of
from schemas.events import Transaction
from streams import numbers
from streams.aggregates.figure import Source
from streams.catalogue.faults import listing
from streams.catalogue.fields import Fields
from streams.catalogue.model import Expression
from streams.catalogue.parameters import Parameter, Value, span
from streams.compiler.code import Lines, StateField, block, sooner
from streams.detectors.kind import Hit, Kind, describe, duration
from streams.detectors.recent import shown
from streams.windows import NEVER

MOST_OPEN = 16
DAY = 86_400_000
LOANS = ("borrow", "repay", "overdue", "default")

Loan = tuple[int, str, str, int, str | None, int, int | None]
"""Time, source, id and amount of the borrow; its loan_id, what is left to pay, and when it is

due (None: never, or it was already found to be overdue)."""
Waiting = tuple[str, int]
"""A loan_id and what was paid for it before it was borrowed."""


def borrow(loans: list[Loan], waiting: list[Waiting], event: Transaction, grace: int) -> int:
    """Open a loan; when it is due, NEVER if it is not or is settled already."""
    amount = event.amount or 0
    left = amount - _paid_before(waiting, event.loan_id)
    if left <= 0:
        return NEVER
    due = None if event.term_days is None else event.time + event.term_days * DAY + grace
    place = len(loans)
    while place and loans[place - 1][0] > event.time:
        place -= 1
    loans.insert(place, (event.time, event.source, event.id, amount, event.loan_id, left, due))
    del loans[:-MOST_OPEN]
    return NEVER if due is None else due


def repay(loans: list[Loan], waiting: list[Waiting], event: Transaction) -> None:
    """Pay back the loan that the event is for; settled, it is closed.

    Without a `loan_id` the oldest, and what is too much for it goes to the next.
    """
    name, amount = event.loan_id, event.amount or 0
    while amount > 0:
        place = _paid_by(loans, name)
        if place is None:
            if name is not None:
                _wait(waiting, name, amount)
            return
        loan = loans[place]
        left = loan[5] - amount
        if left > 0:
            loans[place] = (*loan[:5], left, loan[6])
            return
        del loans[place]
        amount = -left if name is None else 0


def overdue(loans: list[Loan], at: int) -> list[Loan]:
    """The loans that are due at `at`; they stay open, but are not found again."""
    found = []
    for place, loan in enumerate(loans):
        due = loan[6]
        if due is not None and due <= at:
            found.append(loan)
            loans[place] = (*loan[:6], None)
    return sorted(found, key=_due)


def first_due(loans: list[Loan]) -> int:
    """When the next loan is due, NEVER if none is."""
    return min((loan[6] for loan in loans if loan[6] is not None), default=NEVER)


def said_evidence(event: Transaction) -> dict[str, object]:
    """The event that said so, and which loan it named."""
    seen = (event.time, event.source, event.id, event.amount)
    return evidence_of(shown([seen]), loan_id=event.loan_id)


def loan_evidence(loan: Loan) -> dict[str, object]:
    """The borrow, when it was due with all grace, and how much is left to pay."""
    return evidence_of(
        shown([loan[:4]]), loan_id=loan[4], due=loan[6], outstanding=numbers.money(loan[5])
    )


def _due(loan: Loan) -> int:
    return loan[6] or 0


def _paid_by(loans: list[Loan], name: str | None) -> int | None:
    """The place of the loan that a repay with this `loan_id` is for."""
    if name is None:
        return 0 if loans else None
    ids = [loan[4] for loan in loans]
    for wanted in (name, None):
        if wanted in ids:
            return ids.index(wanted)
    return None


def _wait(waiting: list[Waiting], name: str, amount: int) -> None:
    for place, (other, paid) in enumerate(waiting):
        if other == name:
            waiting[place] = (name, paid + amount)
            return
    waiting.append((name, amount))
    del waiting[:-MOST_OPEN]


def _paid_before(waiting: list[Waiting], name: str | None) -> int:
    for place, (other, paid) in enumerate(waiting):
        if other == name:
            del waiting[place]
            return paid
    return 0


@dataclass(frozen=True, slots=True)
class Overdue(Kind):
    """Keeps the open loans."""

    takes: ClassVar[Mapping[str, Parameter]] = {
        "grace": span("how long after the term a loan may be open", zero=True)
    }
    usual: ClassVar[tuple[str, ...]] = LOANS
    functions: ClassVar[dict[str, object]] = {
        "Hit": Hit,
        "borrow": borrow,
        "repay": repay,
        "overdue": overdue,
        "first_due": first_due,
        "said_evidence": said_evidence,
        "loan_evidence": loan_evidence,
    }

    @classmethod
    def doubt(cls, fields: Fields, types: tuple[str, ...], found: Mapping[str, Value]) -> None:  # noqa: ARG003 - of no matter
        """A borrow can only be settled if its repays are seen too."""
        place = fields.value_place("of")
        for other in (one for one in types if one not in LOANS):
            fields.wrong(place, f'overdue looks at {listing(LOANS)}, not at "{other}"')
        if "borrow" in types and "repay" not in types:
            fields.wrong(place, 'overdue needs "repay" beside "borrow", or no loan is ever settled')

    @property
    def text(self) -> str:
        """How long after the term."""
        grace = duration(self.parameter("grace"))
        return describe(self.detector, f"said so, or not settled {grace} after its term")

    def fields(self) -> list[StateField]:
        """Open loans, and repays that wait for their borrow."""
        name = self.detector.name
        loans, waiting = list[Loan], list[Waiting]
        return [StateField(f"loans_{name}", loans, []), StateField(f"waiting_{name}", waiting, [])]

    def where(self, source: Source) -> Expression | None:
        """Every repay counts: a condition on amounts must not leave a paid loan open."""
        return None if source["type"] == "'repay'" else self.detector.where

    def hit(self, source: Source) -> tuple[Lines, str]:
        """Borrow and repay keep the books; the others say so."""
        name = self.detector.name
        books = f"s.loans_{name}, s.waiting_{name}, event"
        if source["type"] == "'borrow'":
            return sooner(f"borrow({books}, {self.parameter('grace')})"), ""
        if source["type"] == "'repay'":
            return [f"repay({books})"], ""
        return [], "True"

    def evidence(self, source: Source) -> str:  # noqa: ARG002 - always the same
        """See `said_evidence`."""
        return "said_evidence(event)"

    def expire(self) -> Lines:
        """A hit for each loan that is due."""
        loans = f"s.loans_{self.detector.name}"
        found = block(
            f"for loan in overdue({loans}, at)", self.struck("loan_evidence(loan)", timed=True)
        )
        return block(f"if {loans}", found)

    def deadline(self) -> Lines:
        """The end of the flag, or the next loan that is due."""
        loans = f"s.loans_{self.detector.name}"
        due = block(f"if {loans}", sooner(f"first_due({loans})"))
        return [*Kind.deadline(self), *due]
