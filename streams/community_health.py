"""How healthy a community is: shares and a band, out of its counts over all partitions.

The bands are a starting point: what a group lives on is that many speak, about their own things.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from streams.communities import POSTERS

Band = Literal["empty", "silent", "advertised", "one_voice", "quiet", "lively"]

MANY_REPEATED = 0.3  # of the posts
ONE_VOICE = 0.5  # of the posts, by one member
FEW_POSTS = 4  # below, nobody's share says anything
MOST_SILENT = 0.9  # of the members: of most communities over 90 % speak less than once a week


@dataclass(frozen=True, slots=True)
class Health:
    """One community within the last seven days; a share is None where there is nothing to share.

    `silent_share`: members who neither posted, shared nor commented in it. `repeated_share`: posts
    whose words their user had posted before. `top_poster_share`: of the one who posted most.
    """

    members: int
    speakers: int
    posts: int
    silent_share: float | None
    posts_per_member: float | None
    repeated_share: float | None
    top_poster_share: float | None
    band: Band


def health_of(counts: Mapping[str, int]) -> Health:
    """The health of a community with these counts.

    >>> health_of({"members": 4, "speakers": 1, "posts": 4, "posters:1": 1, "posters:3": 1})
    ... # doctest: +NORMALIZE_WHITESPACE
    Health(members=4, speakers=1, posts=4, silent_share=0.75, posts_per_member=1.0,
           repeated_share=0.0, top_poster_share=0.75, band='one_voice')
    """
    members, speakers = counts.get("members", 0), counts.get("speakers", 0)
    posts, repeated = counts.get("posts", 0), counts.get("repeated", 0)
    shares = (
        _share(members - speakers, members),
        _share(posts, members),
        _share(repeated, posts),
        _share(most_posts(counts), posts),
    )
    health = Health(members, speakers, posts, *shares, "lively")
    band = next(band for band, holds in BANDS.items() if holds(health))
    return Health(members, speakers, posts, *shares, band)


def most_posts(counts: Mapping[str, int]) -> int:
    """How often the most active poster posted."""
    posters = (int(f.removeprefix(POSTERS)) for f in counts if f.startswith(POSTERS))
    return max(posters, default=0)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


BANDS: Mapping[Band, Callable[[Health], bool]] = {
    "empty": lambda it: it.members == 0,  # who spoke in it has left
    "silent": lambda it: it.speakers == 0,
    "advertised": lambda it: it.posts >= FEW_POSTS and (it.repeated_share or 0) >= MANY_REPEATED,
    "one_voice": lambda it: it.posts >= FEW_POSTS and (it.top_poster_share or 0) >= ONE_VOICE,
    "quiet": lambda it: (it.silent_share or 0) >= MOST_SILENT,
    "lively": lambda _: True,
}
"""Each band and when a community is in it: the first that holds."""
