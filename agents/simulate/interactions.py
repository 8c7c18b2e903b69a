"""What members do in their communities: a table of acts and how often each happens."""

from collections.abc import Callable
from random import Random
from typing import Final

from agents.simulate.chance import pick

_TOPICS = ("tax", "invoice", "credit", "policy", "export", "equipment", "hiring", "insurance")
_PRODUCTS = ("working-capital-loan", "equipment-leasing", "invoice-finance", "wealth", "insurance")
_PURPOSES = ("working_capital", "working_capital", "equipment", "project")
_TERMS = (30, 90, 180, 365, 730, 1095)
_SAYINGS = (
    "请问小微企业贷款需要什么材料",
    "谢谢分享",
    "本月的税务政策有变化",
    "有人做过设备融资租赁吗",
    "Our order book is full until autumn",
    "额度批下来了",
    "求推荐一家靠谱的担保公司",
    "开票系统今天又慢了",
)


def _plain(_: Random) -> str:
    return ""


def _duration(rng: Random) -> str:
    return f',"duration_s":{int(15 / (rng.random() + 0.004))}'  # median 30 s, at most an hour


def _topic(rng: Random) -> str:
    return f',"topic":"{pick(rng, _TOPICS)}"'


def _words(rng: Random) -> str:
    return f'{_topic(rng)},"content":"{pick(rng, _SAYINGS)} {int(rng.random() * 1e6)}"'


def _product(rng: Random) -> str:
    return f',"product":"{pick(rng, _PRODUCTS)}"'


def _need(rng: Random) -> str:
    amount = int(rng.lognormvariate(12.2, 1.7) / 1000 + 1) * 1000  # median 200,000
    purpose, term = pick(rng, _PURPOSES), pick(rng, _TERMS)
    return f',"amount":{amount},"purpose":"{purpose}","term_days":{term}'


def _score(rng: Random) -> str:
    return f',"score":{5 - int(rng.random() ** 2 * 5)}'


ACTS: Final[dict[str, tuple[int, Callable[[Random], str]]]] = {
    "visit": (28, _duration),
    "view": (22, _product),
    "like": (18, _plain),
    "comment": (12, _words),
    "share": (5, _topic),
    "post": (4, _words),
    "consult": (3, _product),
    "enquiry": (2, _need),
    "join": (2, _plain),
    "leave": (1, _plain),
    "attend": (2, _topic),
    "feedback": (1, _score),
}
"""How many of 100 interactions are of this type, and what writes its own fields as JSON."""

_BY_PERCENT = tuple((act, write) for act, (share, write) in ACTS.items() for _ in range(share))


def draw(rng: Random) -> tuple[str, str]:
    """A type and its fields, `,"name":value...`."""
    act, write = _BY_PERCENT[int(rng.random() * 100)]
    return act, write(rng)
