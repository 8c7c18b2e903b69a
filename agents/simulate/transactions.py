"""What members do with money, and loans that are taken and repaid."""

from random import Random
from typing import Final

from agents.simulate.chance import happens, pick
from agents.simulate.local_time import HOUR
from agents.simulate.people import Population
from agents.simulate.sources import Source

SMALL: Final = 500_000
"""Borrowing less than this, in cents, is small (the packaged catalogue's 5,000 yuan)."""
_FAR_APART = 25 * HOUR

_PURPOSES = ("working_capital", "working_capital", "equipment", "project", "other")
_TERMS = (30, 60, 90, 180, 365, 730)
_PRODUCTS = (
    "office-supplies",
    "raw-materials",
    "logistics",
    "software",
    "rent",
    "energy",
    "travel",
)
_FUNDS = ("money-market", "bond-fund", "gold", "equity-fund")

DEALS: Final[dict[str, tuple[int, float, float]]] = {
    "payment": (425, 10.5, 1.2),
    "purchase": (250, 9.8, 1.2),
    "transfer": (130, 12.6, 1.3),
    "borrow": (60, 15.0, 0.9),
    "repay": (75, 13.1, 1.0),
    "invest": (35, 14.5, 1.7),
    "redeem": (25, 14.3, 1.0),
}
"""How many of 1,000 transactions are of this type; mean and deviation of the log of its cents."""

_BY_MILLE = tuple(deal for deal, (share, _, _) in DEALS.items() for _ in range(share))


class Ledger:
    """Draws transactions one after the other and remembers the loans.

    Nobody here borrows small sums often or is told to be overdue: what detectors of that find
    has been planted, as long as no loan of daily life is due (the shortest term is 30 days).
    """

    def __init__(self, population: Population) -> None:
        self._in_stories = population.users - 2 * len(population.suspects)
        self._loans: dict[int, str] = {}
        self._small: dict[int, int] = {}
        self._count = 0

    def draw(self, rng: Random, member: int, at: int, source: Source) -> tuple[str, str]:
        """A type and its fields, `,"name":value...`."""
        deal = _BY_MILLE[int(rng.random() * 1000)]
        if deal == "repay":
            if member in self._loans:
                return deal, self._repay(rng, member, source)
            deal = "payment"
        cents = _cents(rng, deal)
        if deal == "borrow":
            return deal, self._borrow(rng, member, at, cents, source)
        return deal, f',"amount":{source.amount(cents)}{_detail(rng, deal, member)}'

    def _borrow(self, rng: Random, member: int, at: int, cents: int, source: Source) -> str:
        self._count += 1
        loan = self._loans[member] = f"l{self._count}"
        return borrow_fields(rng, self._unsuspicious(member, at, cents), source, loan)

    def _unsuspicious(self, member: int, at: int, cents: int) -> int:
        """At most one small sum in 25 hours, and none by those who are in a story."""
        if cents >= SMALL:
            return cents
        if member >= self._in_stories or at - self._small.get(member, -_FAR_APART) < _FAR_APART:
            return cents + SMALL
        self._small[member] = at
        return cents

    def _repay(self, rng: Random, member: int, source: Source) -> str:
        loan = self._loans[member]
        if happens(rng, 0.3):
            del self._loans[member]
        return f',"amount":{source.amount(_cents(rng, "repay"))},"loan_id":"{loan}"'


def borrow_fields(rng: Random, cents: int, source: Source, loan: str) -> str:
    """All fields of a borrow event."""
    return (
        f',"amount":{source.amount(cents)},"currency":"CNY","purpose":"{pick(rng, _PURPOSES)}",'
        f'"term_days":{pick(rng, _TERMS)},"loan_id":"{loan}"'
    )


def _cents(rng: Random, deal: str) -> int:
    _, mean, deviation = DEALS[deal]
    return int(rng.lognormvariate(mean, deviation)) + 1


def _detail(rng: Random, deal: str, member: int) -> str:
    if deal in {"invest", "redeem"}:
        return f',"product":"{pick(rng, _FUNDS)}"'
    if deal == "transfer":
        return f',"counterparty":"acc-{member * 17 % 100_003}"'
    return f',"product":"{pick(rng, _PRODUCTS)}"'
