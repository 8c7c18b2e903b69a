"""A payment far above what the member usually pays: a stolen account is emptied.

The member pays about the same sum, give or take a third, two dozen times before.
"""

from math import exp, log
from random import Random

from agents.simulate.anomalies.story import Anomaly, Draft, moments_of
from agents.simulate.chance import pick
from agents.simulate.sources import BANK

_BEFORE = 25  # payments, of which the packaged detector wants to know 20
_SPREAD = 0.35


def _play(rng: Random, start: int, span: int) -> list[Draft]:
    """Ten to a hundred times the usual."""
    times = exp(log(10) + rng.random() * log(10))
    return _payments(rng, start, span, times)


def _salary_day(rng: Random, start: int, span: int) -> list[Draft]:
    """Once a month the owner of a firm pays three times the usual."""
    return _payments(rng, start, span, 2.5 + rng.random())


def _growing(rng: Random, start: int, span: int) -> list[Draft]:
    """Business goes well: each payment a little larger, ten times as much in the end."""
    usual = _usual(rng)
    ats = moments_of(rng, start, start + span, _BEFORE * 2)
    return [_payment(rng, at, usual * 10 ** (n / len(ats))) for n, at in enumerate(ats)]


def _payments(rng: Random, start: int, span: int, times: float) -> list[Draft]:
    usual, end = _usual(rng), start + int(span * 0.9)
    sums = [usual * exp(rng.gauss(0, _SPREAD)) for _ in range(_BEFORE)]
    ats = moments_of(rng, start, end - span // 20, _BEFORE)
    payments = [_payment(rng, at, cents) for at, cents in zip(ats, sums, strict=True)]
    return [*payments, _payment(rng, end, usual * times)]


def _usual(rng: Random) -> float:
    return rng.lognormvariate(10.5, 0.8)  # the median is 360 yuan


def _payment(rng: Random, at: int, cents: float) -> Draft:
    type_ = pick(rng, ("payment", "payment", "purchase"))
    return Draft(at, type_, f',"amount":{BANK.amount(int(cents) + 1)},"product":"raw-materials"')


UNUSUAL_AMOUNT = Anomaly(_play, (_salary_day, _growing), alone=True)
