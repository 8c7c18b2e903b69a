"""One or two sentences, posted and commented again and again within the hour."""

from random import Random

from agents.simulate.anomalies.story import Anomaly, Draft, begin, moments_of, numbered
from agents.simulate.chance import pick
from agents.simulate.local_time import HOUR

_COUNT = 21  # more than twenty
_WITHIN = HOUR // 2  # of the detector's hour
_CALLS = (
    "低息贷款，当天放款！",
    "加微信领额度",
    "Fast cash, no questions",
    "顶一下",
    "诚信办理，欢迎咨询",
)


def _play(rng: Random, start: int, span: int) -> list[Draft]:
    """Twenty-four and more of two sentences."""
    says = (numbered(rng, _CALLS), numbered(rng, _CALLS))
    count = 24 + int(rng.random() * 12)
    return _posts(rng, start, span, [pick(rng, says) for _ in range(count)])


def _popular_post(rng: Random, start: int, span: int) -> list[Draft]:
    """Everybody asks about a popular post, and its author answers each of them."""
    return _posts(rng, start, span, [f"回复第{number}位朋友：可以的" for number in range(30)])


def _holiday(rng: Random, start: int, span: int) -> list[Draft]:
    """Happy new year, to fifteen friends."""
    return _posts(rng, start, span, ["新年快乐，生意兴隆！"] * 15)


def _posts(rng: Random, start: int, span: int, says: list[str]) -> list[Draft]:
    length = min(int(span * 0.6), _WITHIN)
    first = begin(rng, start, span, length)
    ats = moments_of(rng, first, first + length, len(says))
    return [_post(rng, at, said) for at, said in zip(ats, says, strict=True)]


def _post(rng: Random, at: int, said: str) -> Draft:
    type_ = pick(rng, ("post", "comment", "comment"))
    return Draft(at, type_, f',"community_id":"c0","content":"{said}"')


POST_FLOOD = Anomaly(_play, (_popular_post, _holiday), enough=_COUNT)
