"""The same introduction of a product pushed into three and more groups within a day."""

from random import Random

from agents.simulate.anomalies.story import Anomaly, Draft, begin, moments_of, numbered
from agents.simulate.chance import pick
from agents.simulate.local_time import DAY, HOUR

_COUNT = 3
_GROUPS = 6
_WITHIN = 20 * HOUR  # of the detector's 24
_BEYOND = 26 * HOUR
_TYPES = ("post", "post", "share")
_PRODUCTS = ("设备分期", "经营贷", "发票贷", "Equipment leasing", "Invoice finance")
_POPULAR = "2026年小微企业税收优惠政策一览，建议收藏"
# The same words in other dress: width, case, signs, spaces, another link each time.
_DRESSES = (
    "{} 年化利率 3.6% 起, 当天放款 https://t.cn/{}",
    "【{}】年化利率3.6%起，当天放款！！ https://t.cn/{}",
    "{}  年化 利率 ３．６％ 起 当天放款 www.t.cn/{}",
)


def _play(rng: Random, start: int, span: int) -> list[Draft]:
    """Into three to six groups, each time in another dress."""
    product, groups = (
        numbered(rng, _PRODUCTS),
        rng.sample(range(_GROUPS), _COUNT + rng.randrange(4)),
    )
    says = [pick(rng, _DRESSES).format(product, int(rng.random() * 1e6)) for _ in groups]
    return _posts(rng, start, span, says, groups)


def _popular_post(rng: Random, start: int, span: int) -> list[Draft]:
    """What everybody shares, in two of the member's own groups."""
    groups = rng.sample(range(_GROUPS), 2)
    return _posts(rng, start, span, [_POPULAR] * 2, groups, ("share",))


def _same_group(rng: Random, start: int, span: int) -> list[Draft]:
    """A question that nobody answers, asked again in the same group."""
    said = f"有人用过{numbered(rng, _PRODUCTS)}吗？"
    return _posts(rng, start, span, [said] * 4, [rng.randrange(_GROUPS)] * 4)


def _other_words(rng: Random, start: int, span: int) -> list[Draft]:
    """A salesman who writes to each group anew."""
    says = [f"{numbered(rng, _PRODUCTS)}第{number}期活动，利率另议" for number in range(4)]
    return _posts(rng, start, span, says, list(range(4)))


def _too_slow(rng: Random, start: int, span: int) -> list[Draft]:
    """One group a day."""
    length = 2 * _BEYOND
    if span < length + DAY:
        return []
    first = begin(rng, start, span, length)
    return [_post(rng, first + n * _BEYOND, "本周活动：免费咨询", n) for n in range(_COUNT)]


def _posts(
    rng: Random,
    start: int,
    span: int,
    says: list[str],
    groups: list[int],
    types: tuple[str, ...] = _TYPES,
) -> list[Draft]:
    length = min(int(span * 0.6), _WITHIN)
    first = begin(rng, start, span, length)
    ats = moments_of(rng, first, first + length, len(says))
    return [_post(rng, *post, types) for post in zip(ats, says, groups, strict=True)]


def _post(rng: Random, at: int, said: str, group: int, types: tuple[str, ...] = _TYPES) -> Draft:
    return Draft(at, pick(rng, types), f',"community_id":"c{group}","content":"{said}"')


COPIED_ADVERT = Anomaly(_play, (_popular_post, _same_group, _other_words, _too_slow), enough=_COUNT)
