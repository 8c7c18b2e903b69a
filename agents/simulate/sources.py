"""The platforms that events come from: each writes times and amounts in its own way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Source:
    """`time` writes epoch milliseconds, `amount` a number of cents; both as JSON."""

    name: str
    time: Callable[[int], str]
    amount: Callable[[int], str]


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def _utc(at: int) -> str:
    return f'"{_second(at // 1000)}.{at % 1000:03d}Z"'


def _shanghai(at: int) -> str:
    return f'"{_second(at // 1000 + 28_800)}.{at % 1000:03d}+08:00"'


def _number(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _text(cents: int) -> str:
    return f'"{cents // 100}.{cents % 100:02d}"'


APP = Source("app", time=str, amount=_number)
WECHAT = Source("wechat-groups", time=_shanghai, amount=_number)
BANK = Source("core-banking", time=_utc, amount=_text)
CRM = Source("crm", time=_shanghai, amount=_number)

COMMUNITY = (APP, APP, WECHAT)
"""Where a member talks, by number of the member."""
MONEY = (APP, BANK)
"""Where a member's payments are booked, by number of the member."""
