"""The same words in other dress: what people do to a text so that it looks like another.

A detector of copies has to see through all of it: width, case, spaces, signs, smileys and links.
"""

from collections.abc import Callable
from random import Random

from agents.simulate.chance import pick

_WIDE = {narrow: narrow + 0xFEE0 for narrow in range(0x21, 0x7F)} | {0x20: 0x3000}
_SIGNS = ("【{}】", "★{}★", "🔥🔥 {} !!!", "“{}”——", "～～{}。。。", "* {} *")
_LINKS = ("https://t.cn/{}", "http://dwz.example/{}?from=group", "www.t.cn/{}")


def _wide(_: Random, text: str) -> str:
    return text.translate(_WIDE)


def _shouted(_: Random, text: str) -> str:
    return text.upper()


def _spaced(rng: Random, text: str) -> str:
    """A blank somewhere, which in Chinese may be anywhere."""
    place = 1 + int(rng.random() * len(text))
    return f"{text[:place]} {text[place:]}".replace(" ", "  ")


def _decorated(rng: Random, text: str) -> str:
    return pick(rng, _SIGNS).format(text)


def _linked(rng: Random, text: str) -> str:
    """Each time another link."""
    return f"{text} {pick(rng, _LINKS).format(int(rng.random() * 1e6))}"


def _plain(_: Random, text: str) -> str:
    return text


Way = Callable[[Random, str], str]
WAYS: tuple[Way, ...] = (_wide, _shouted, _spaced, _decorated)
_ENDS: tuple[Way, ...] = (_plain, _linked)


def dressed(rng: Random, text: str) -> str:
    """The text in two new dresses, or now and then as it is; half of the time with a link.

    The link comes last: a blank in it, and nobody could follow it.
    """
    ways = (*WAYS, _plain)
    return pick(rng, _ENDS)(rng, pick(rng, ways)(rng, pick(rng, ways)(rng, text)))
