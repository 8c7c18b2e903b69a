"""What is asked and what is answered, as types: requests are checked by them, OpenAPI tells them.

Fields of a request with a name in the path come from there, others from the query; those of a
POST from its body.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from agents.described import DetectorDescribed, TagDescribed
from agents.matching.query import LONGEST
from agents.redis.tags import Tag
from agents.web.limits import CHANGES, PAGE, RECENT, USERS
from schemas.changes import TagChange, Why
from streams.community_health import health_of, most_posts

UserId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        pattern="^[^\\u0000-\\u001f\\u007f-\\u009f]*$",
        description="a user's id: 1 to 128 characters, no control characters",
    ),
]
QueryText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST,
        description="for example activity=active and industry=C and not default_history",
    ),
]
Limit = Annotated[int, Meta(ge=1, le=PAGE, description="so many at most")]


class UserAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """A user."""

    id: UserId


class ChangesAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """A user, and how many of their changes."""

    id: UserId
    limit: Annotated[int, Meta(ge=1, le=CHANGES, description="so many at most")] = 20


class UsersAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Many users."""

    users: Annotated[Sequence[UserId], Meta(max_length=USERS)]


class MatchAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Which tags, and which page; `cursor` is that of the page before."""

    q: QueryText
    limit: Limit = 100
    cursor: str | None = None


class CommunitiesAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """How many communities, the largest first."""

    limit: Limit = 100


class StreamAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a stream begins if no Last-Event-ID says where it was left."""

    begin: Annotated[
        Literal["now", "start"],
        Meta(description="with what comes from now on, or with all that is kept"),
    ] = field(default="now", name="from")
    recent: Annotated[
        int,
        Meta(ge=0, le=RECENT, description="of each partition, so many of the latest before now"),
    ] = 0


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters."""


class UserTags(Struct, frozen=True):
    """The tags of a user by name."""

    user_id: str
    tags: Mapping[str, Tag]


class UserWhy(Struct, frozen=True):
    """For each tag the rule that held, and what its measures were."""

    user_id: str
    why: Mapping[str, Why]


class UserChanges(Struct, frozen=True):
    """The latest changes of a user, the latest first; older ones are not found any more."""

    user_id: str
    changes: Sequence[TagChange]


class UsersTags(Struct, frozen=True):
    """The tags of many users; null for who has none."""

    users: Mapping[str, Mapping[str, Tag] | None]


class Matched(Struct, frozen=True):
    """The exact number of users, a page of them, and the cursor of the next page.

    `behind`: Redis is away or being written anew, and the answer is from before that.
    """

    count: int
    users: Sequence[str]
    cursor: str | None
    behind: bool


class Community(Struct, frozen=True):
    """The health of a community within the last seven days, over all partitions."""

    id: str
    band: str
    counts: Mapping[str, int]


def told_of(community: str, counted: Mapping[str, int]) -> Community:
    """Return what is told of a community with these counts."""
    health = health_of(counted)
    counts = {
        "members": health.members,
        "speakers": health.speakers,
        "silent_percent": round(100 * (health.silent_share or 0)),
        "posts": health.posts,
        "repeated_posts": counted.get("repeated", 0),
        "posts_of_the_busiest": most_posts(counted),
    }
    return Community(community, health.band, counts)


class CommunityTable(Struct, frozen=True):
    """How many communities there are, and the largest of them."""

    count: int
    communities: Sequence[Community]


class CatalogueTold(Struct, frozen=True):
    """What can be said about a user; `in_force` is the catalogue that the workers decide by."""

    catalogue: str
    in_force: str | None
    currency: str
    timezone: str
    tags: Sequence[TagDescribed]
    detectors: Sequence[DetectorDescribed]


class Well(Struct, frozen=True):
    """All is well."""

    status: Literal["ok"] = "ok"
