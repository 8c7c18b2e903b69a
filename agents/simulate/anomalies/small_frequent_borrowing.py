"""Three and more small loans within a day: somebody is short of money, or tests the limits."""

from random import Random

from agents.simulate.anomalies.story import Anomaly, Draft, begin
from agents.simulate.local_time import HOUR
from agents.simulate.sources import BANK
from agents.simulate.transactions import SMALL, borrow_fields

_COUNT = 3
_WITHIN = 20 * HOUR  # of the detector's 24: events are late, and wait for their turn
_BEYOND = 26 * HOUR


def _play(rng: Random, start: int, span: int) -> list[Draft]:
    count = _COUNT + int(3 * rng.random())
    length = min(int(span * 0.6), _WITHIN)
    return _borrows(rng, begin(rng, start, span, length), length, [_small(rng)] * count)


def _too_few(rng: Random, start: int, span: int) -> list[Draft]:
    """Two small loans in a day."""
    length = min(span // 2, _WITHIN)
    sums = [_small(rng), _small(rng)]
    return _borrows(rng, begin(rng, start, span, length), length, sums)


def _not_small(rng: Random, start: int, span: int) -> list[Draft]:
    """Many loans in a day, the smallest of exactly the limit."""
    length = min(span // 2, _WITHIN)
    sums = [SMALL, *(SMALL + _small(rng) for _ in range(3))]
    return _borrows(rng, begin(rng, start, span, length), length, sums)


def _too_slow(rng: Random, start: int, span: int) -> list[Draft]:
    """Three small loans, never three within a day."""
    length = 2 * _BEYOND
    if span < length + HOUR:
        return []
    first = begin(rng, start, span, length)
    return [_borrow(rng, first + number * _BEYOND, _small(rng)) for number in range(_COUNT)]


def _small(rng: Random) -> int:
    return 30_000 + int(rng.random() * (SMALL - 30_000))


def _borrows(rng: Random, start: int, length: int, sums: list[int]) -> list[Draft]:
    """Spread over the span, first and last at its ends."""
    gap = length // (len(sums) - 1)
    return [_borrow(rng, start + number * gap, cents) for number, cents in enumerate(sums)]


def _borrow(rng: Random, at: int, cents: int) -> Draft:
    loan = f"p{int(rng.random() * 1e12)}"
    return Draft(at, "borrow", borrow_fields(rng, cents, BANK, loan))


SMALL_FREQUENT_BORROWING = Anomaly(_play, (_too_few, _not_small, _too_slow), enough=_COUNT)
