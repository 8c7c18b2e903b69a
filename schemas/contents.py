"""What makes two texts the same content: a hash of their letters, without case, spaces and signs.

Who pushes one advert into ten groups changes a letter's width or case, puts spaces, stars and
smileys between, and has another link each time. So only letters and digits count, in one width
and case, and a link counts as a link. Never kept: the text itself.
"""

import re
from typing import Final
from unicodedata import normalize

from xxhash import xxh3_64_intdigest

_LINK: Final = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u303f\u4e00-\u9fff]+")
_SCHEME: Final = re.compile(r"https?://|www\.")
_words: Final = re.compile(r"[^\W_]+").findall
_ENOUGH = 5  # letters beside a link: with fewer, the link is what the text says


def plain_content(text: str) -> str:
    """Return what is left of a text when its dress is taken off; "" only of blanks.

    Links differ where hardly anything is said beside them ("see https://..."), and signs count
    where there is nothing else.

    >>> plain_content("Loan  today!! https://a.cn/x?utm=1"), plain_content("LOAN, today: www.b.cn")
    ('loantoday', 'loantoday')
    >>> plain_content("👍 https://a.cn/x?utm=1"), plain_content(" 👍 ")
    ('acnxutm1', '👍')
    """
    if text.isascii():
        folded = text.lower()
    else:
        # once more after folding: a few letters fold into what has a plainer form still
        folded = normalize("NFKC", normalize("NFKC", text).casefold())
    if "://" in folded or "www." in folded:
        said = "".join(_words(_LINK.sub(" ", folded)))
        if len(said) >= _ENOUGH:
            return said
        folded = _SCHEME.sub("", folded)
    return "".join(_words(folded)) or "".join(folded.split())


def letters(text: str) -> int:
    """How much a text says: the letters and digits that make it the same content.

    >>> letters("早上好!! 🌞"), letters("Good  morning!")
    (3, 11)
    """
    return len(plain_content(text))


def content_hash(text: str) -> int | None:
    """Return the same 64 bits for the same content; None for a text of blanks, which has none."""
    plain = plain_content(text)
    return xxh3_64_intdigest(plain.encode()) if plain else None
