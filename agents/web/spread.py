"""How many users have each value of a tag: what the page shows as bars."""

from collections.abc import Mapping

from msgspec import Struct

from agents.matching.index import MatchIndex
from agents.matching.query import Has
from streams.catalogue.model import Tag

_MOST = 12  # bars; a region or an occupation may have hundreds of values


class Spread(Struct, frozen=True):
    """`users` have the tag at all; `values` are the most frequent, `more` so many others."""

    users: int
    values: Mapping[str, int]
    more: int


def spread(index: MatchIndex, name: str, tag: Tag | None) -> Spread:
    """Return the spread of a tag; of one with levels, by the first level."""
    counts = index.distribution(name)
    if tag is not None and tag.levels:
        first = tag.levels[0]
        counts = type(counts)({v: n for v, n in counts.items() if len(v) == first})
    top = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST]
    return Spread(index.match(Has(name), 0).count, dict(top), len(counts) - len(top))
