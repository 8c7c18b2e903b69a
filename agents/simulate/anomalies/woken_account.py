"""An account that nobody used for ten days and more is used again, perhaps not by its owner."""

from random import Random

from agents.simulate.anomalies.story import Anomaly, Draft, moments_of
from agents.simulate.chance import pick
from agents.simulate.local_time import DAY, HOUR
from agents.simulate.sources import BANK

_IDLE = 10 * DAY
_ROOM = _IDLE + 2 * DAY


def _play(rng: Random, start: int, span: int) -> list[Draft]:
    """Some life, a long silence, and then money moves."""
    if span < _ROOM:
        return []
    last = start + int(rng.random() * (span - _ROOM))
    again = last + _IDLE + HOUR + int(rng.random() * (start + span - DAY - last - _IDLE - HOUR))
    return [*_life(rng, start, last, 3), Draft(last, "visit", _visit(rng)), _transfer(rng, again)]


def _holiday(rng: Random, start: int, span: int) -> list[Draft]:
    """The golden week: away for seven to nine days, then much to catch up with."""
    if span < _ROOM:
        return []
    last = start + int(rng.random() * (span - _ROOM))
    again = last + 7 * DAY + int(rng.random() * 2 * DAY)
    before = [*_life(rng, start, last, 3), Draft(last, "visit", _visit(rng))]
    return [*before, _transfer(rng, again), *_life(rng, again, again + DAY, 8)]


def _quiet(rng: Random, start: int, span: int) -> list[Draft]:
    """Looks in every few days and says nothing."""
    step = min(4 * DAY, span // 4)
    return [Draft(start + n * step, "view", _visit(rng)) for n in range(span // step)]


def _life(rng: Random, start: int, end: int, count: int) -> list[Draft]:
    kinds = ("visit", "view", "like")
    return [Draft(at, pick(rng, kinds), _visit(rng)) for at in moments_of(rng, start, end, count)]


def _visit(rng: Random) -> str:
    return f',"community_id":"c{int(rng.random() * 3)}"'


def _transfer(rng: Random, at: int) -> Draft:
    cents = int(rng.lognormvariate(13, 1)) + 1
    return Draft(at, "transfer", f',"amount":{BANK.amount(cents)},"counterparty":"acc-7"')


WOKEN_ACCOUNT = Anomaly(_play, (_holiday, _quiet), alone=True, room=_ROOM)
