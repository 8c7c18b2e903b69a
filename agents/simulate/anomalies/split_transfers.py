"""Several transfers just below 50,000 yuan: larger ones would be reported."""

from random import Random

from agents.simulate.anomalies.story import Anomaly, Draft, begin, moments_of
from agents.simulate.local_time import DAY, HOUR
from agents.simulate.sources import BANK

_LIMIT, _BAND = 5_000_000, 500_000  # cents
_COUNT = 3
_WITHIN = 66 * HOUR  # of the detector's 72
_BEYOND = 38 * HOUR  # twice this is more than three days


def _play(rng: Random, start: int, span: int) -> list[Draft]:
    count = _COUNT + int(3 * rng.random())
    return _transfers(rng, start, span, [_just_below(rng) for _ in range(count)])


def _salary_day(rng: Random, start: int, span: int) -> list[Draft]:
    """Ten salaries in an hour, all alike and far below."""
    salary = 500_000 + int(rng.random() * 1_000_000)
    first = begin(rng, start, span, min(span // 2, HOUR))
    ats = moments_of(rng, first, first + min(span // 2, HOUR), 10)
    return [_transfer(rng, at, salary) for at in ats]


def _around(rng: Random, start: int, span: int) -> list[Draft]:
    """Two just below, others of the limit itself and just below the band."""
    sums = [_LIMIT, _LIMIT - _BAND - 1, _just_below(rng), _just_below(rng)]
    return _transfers(rng, start, span, sums)


def _too_slow(rng: Random, start: int, span: int) -> list[Draft]:
    """Rent just below the limit, never three within three days."""
    length = 2 * _BEYOND
    if span < length + DAY:
        return []
    first = begin(rng, start, span, length)
    return [_transfer(rng, first + n * _BEYOND, _just_below(rng)) for n in range(_COUNT)]


def _just_below(rng: Random) -> int:
    return _LIMIT - 1 - int(rng.random() * (_BAND - 1))


def _transfers(rng: Random, start: int, span: int, sums: list[int]) -> list[Draft]:
    length = min(int(span * 0.6), _WITHIN)
    first = begin(rng, start, span, length)
    ats = moments_of(rng, first, first + length, len(sums))
    return [_transfer(rng, at, cents) for at, cents in zip(ats, sums, strict=True)]


def _transfer(rng: Random, at: int, cents: int) -> Draft:
    account = int(rng.random() * 100_003)
    return Draft(at, "transfer", f',"amount":{BANK.amount(cents)},"counterparty":"acc-{account}"')


SPLIT_TRANSFERS = Anomaly(_play, (_salary_day, _around, _too_slow), enough=_COUNT)
