"""A loan that is not paid back in time: the bank says so, or nobody does and time tells."""

from random import Random

from agents.simulate.anomalies.story import Anomaly, Draft, begin, moments_of
from agents.simulate.chance import happens
from agents.simulate.local_time import DAY, HOUR
from agents.simulate.sources import BANK

_GRACE = 3 * DAY
_SHORTEST = 1  # day: the shortest term


def _play(rng: Random, start: int, span: int) -> list[Draft]:
    """Half is paid at most; a third of the banks never says a word."""
    term = _term(rng, span)
    length = term * DAY + _GRACE + 12 * HOUR if term else span // 2
    at, loan, cents = begin(rng, start, span, length), _loan(rng), _cents(rng)
    told = [_borrow(at, loan, cents, term or 30)]
    if happens(rng, 0.5):
        told.extend(_rolled_over(rng, at, length // 4, cents))
    if happens(rng, 0.5):
        told.append(_repay(at + length // 4, loan, cents // 2))
    if not term or happens(rng, 0.66):
        fields = f',"loan_id":"{loan}"'
        told.append(Draft(at + length, "default" if happens(rng, 0.4) else "overdue", fields))
    return told


def _rolled_over(rng: Random, at: int, length: int, cents: int) -> list[Draft]:
    """Two more loans, each paid back with the next: the first sign that something is wrong."""
    borrowed, rolled, repaid = moments_of(rng, at + 1, at + length - 1, 3)
    first, second = _loan(rng), _loan(rng)
    return [
        *(_borrow(borrowed, first, cents, 30), _borrow(rolled, second, cents, 30)),
        *(_repay(rolled, first, cents), _repay(repaid, second, cents)),
    ]


def _instalments(rng: Random, start: int, span: int) -> list[Draft]:
    """Paid back in three parts in time, and a little more: interest."""
    term = _term(rng, span) or 30
    length = min(term * DAY, span // 2)
    at, loan, cents = begin(rng, start, span, length), _loan(rng), _cents(rng)
    ats = moments_of(rng, at + 1, at + length, 3)
    return [_borrow(at, loan, cents, term), *(_repay(one, loan, cents * 7 // 20) for one in ats)]


def _last_day(rng: Random, start: int, span: int) -> list[Draft]:
    """Paid back on the last day of grace."""
    term = _term(rng, span)
    if not term:
        return []
    length = term * DAY + _GRACE - HOUR
    at, loan, cents = begin(rng, start, span, length), _loan(rng), _cents(rng)
    return [_borrow(at, loan, cents, term), _repay(at + length, loan, cents)]


def _without_names(rng: Random, start: int, span: int) -> list[Draft]:
    """Two loans without an id, paid back one after the other."""
    length, cents = span // 3, _cents(rng)
    at = begin(rng, start, span, length)
    borrows = [_borrow(at + n, None, cents, 30) for n in range(2)]
    return [*borrows, *(_repay(at + length - 1 + n, None, cents) for n in range(2))]


def _term(rng: Random, span: int) -> int:
    """Days, so that the loan is due within the span; 0 if none is."""
    longest = min(7, (int(span * 0.95) - _GRACE) // DAY - 1)
    return _SHORTEST + int(rng.random() * longest) if longest >= _SHORTEST else 0


def _loan(rng: Random) -> str:
    return f"o{int(rng.random() * 1e12)}"


def _cents(rng: Random) -> int:
    return 1_000_000 + int(rng.lognormvariate(14, 1))  # none of them is small


def _borrow(at: int, loan: str | None, cents: int, term: int) -> Draft:
    fields = f',"amount":{BANK.amount(cents)},"purpose":"working_capital","term_days":{term}'
    return Draft(at, "borrow", fields + _named(loan))


def _repay(at: int, loan: str | None, cents: int) -> Draft:
    return Draft(at, "repay", f',"amount":{BANK.amount(cents)}' + _named(loan))


def _named(loan: str | None) -> str:
    return f',"loan_id":"{loan}"' if loan else ""


OVERDUE_LOAN = Anomaly(_play, (_instalments, _last_day, _without_names))
