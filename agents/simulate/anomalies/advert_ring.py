"""Several accounts push one advert within a day, each in a dress of its own.

Only a detector that looks across users finds it: schemas/catalogue/across_users.yaml.
"""

from collections.abc import Sequence
from random import Random

from agents.simulate.anomalies.dress import dressed
from agents.simulate.anomalies.story import Draft, Ring, begin, moments_of, numbered
from agents.simulate.chance import happens, pick
from agents.simulate.local_time import DAY, HOUR

_COUNT = 3
_MOST = 6
_GROUPS = 6
_WITHIN = 20 * HOUR  # of the detector's 24
_BEYOND = 26 * HOUR
_AGAIN = 0.3  # so many post a second time, into another group
_PRODUCTS = ("设备分期", "经营贷", "发票贷", "Equipment leasing", "Invoice finance")
_GREETINGS = (
    "早上好",
    "谢谢分享！",
    "新年快乐，生意兴隆",
    "Good morning!",
    "恭喜发财",
    "顶一下",
)

Said = tuple[int, str, str]
"""Who (by number in the cast), the type of the event, and the words."""


def _play(rng: Random, start: int, span: int) -> list[list[Draft]]:
    """Three to six accounts, some of them in two groups."""
    advert, cast = _advert(rng), _COUNT + int(rng.random() * (_MOST - _COUNT + 1))
    who = [*range(cast), *(one for one in range(cast) if happens(rng, _AGAIN))]
    rng.shuffle(who)
    return _told(rng, start, span, [(one, "post", dressed(rng, advert)) for one in who])


def _popular_post(rng: Random, start: int, span: int) -> list[list[Draft]]:
    """Two have it from the same newspaper, and many share it."""
    news = f"小微企业税收优惠政策一览, 建议收藏, {numbered(rng, ('第', '文号'))}"
    posts = [(one, "post", dressed(rng, news)) for one in range(2)]
    return _told(rng, start, span, posts + [(one, "share", news) for one in range(2, _MOST)])


def _greeting(rng: Random, start: int, span: int) -> list[list[Draft]]:
    """What people say to each other every day."""
    words = pick(rng, _GREETINGS)
    said = [(one, "post", dressed(rng, words)) for one in range(_MOST)]
    return _told(rng, start, span, said)


def _insisting(rng: Random, start: int, span: int) -> list[list[Draft]]:
    """One member says it four times, and a friend once."""
    advert = _advert(rng)
    return _told(rng, start, span, [(one, "post", dressed(rng, advert)) for one in (0, 0, 0, 0, 1)])


def _too_slow(rng: Random, start: int, span: int) -> list[list[Draft]]:
    """The advert of a campaign that reaches somebody else each day."""
    length = (_COUNT - 1) * _BEYOND
    if span < length + DAY:
        return []
    advert, first = _advert(rng), begin(rng, start, span, length)
    return [[_post(rng, first + n * _BEYOND, "post", advert)] for n in range(_COUNT)]


def _other_words(rng: Random, start: int, span: int) -> list[list[Draft]]:
    """Salesmen of one product, each with their own offer."""
    said = [(one, "post", dressed(rng, _advert(rng))) for one in range(_COUNT + 1)]
    return _told(rng, start, span, said)


def _asking(rng: Random, start: int, span: int) -> list[list[Draft]]:
    """One post, and everybody comments that they want it too."""
    wish = f"同求{numbered(rng, _PRODUCTS)}的联系方式, 谢谢老板"
    said = [(0, "post", _advert(rng)), *((one, "comment", wish) for one in range(1, _MOST))]
    return _told(rng, start, span, said)


def _advert(rng: Random) -> str:
    """Another one each time."""
    return f"{numbered(rng, _PRODUCTS)}: 年化利率3.6%起, 当天放款"


def _told(rng: Random, start: int, span: int, said: Sequence[Said]) -> list[list[Draft]]:
    """What each of the cast does; nobody speaks in more than two groups."""
    length = min(int(span * 0.6), _WITHIN)
    first = begin(rng, start, span, length)
    ats = moments_of(rng, first, first + length, len(said))
    parts: list[list[Draft]] = [[] for _ in range(1 + max(who for who, *_ in said))]
    for at, (who, type_, words) in zip(ats, said, strict=True):
        parts[who].append(_post(rng, at, type_, words, who))
    return parts


def _post(rng: Random, at: int, type_: str, words: str, who: int = 0) -> Draft:
    group = (who + int(rng.random() * 2)) % _GROUPS
    return Draft(at, type_, f',"community_id":"c{group}","content":"{words}"')


ADVERT_RING = Ring(
    _play,
    (_popular_post, _greeting, _insisting, _too_slow, _other_words, _asking),
    enough=_COUNT,
    most=_MOST,
)
