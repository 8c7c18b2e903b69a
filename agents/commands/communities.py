"""`tagstream communities`: how healthy each community is."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.output import Json, counted, print_json, print_table

if TYPE_CHECKING:
    from agents.settings import Settings
    from streams.community_health import Health

Limit = Annotated[int, typer.Option(min=1, help="So many at most, those with most members first.")]

_COLUMNS = (
    *("community", "band", "members#", "silent#", "posts/member#"),
    *("posts#", "repeated#", "top poster#"),
)


def communities(*, limit: Limit = 100, json: Json = False) -> None:
    """Show how healthy each community is.

    Within the last seven days: how many members said nothing, posts a member, posts with words
    that their user had posted before, and the share of the one who posted most. Counted as events
    come, if the catalogue has a measure `set: community_id`.

    The bands: empty (no member), silent (nobody spoke), advertised (3 of 10 posts or more are
    repeated), one_voice (one member wrote half of the posts), quiet (9 of 10 members or more are
    silent), lively.

    Examples to try:

    ```
    tagstream communities
    tagstream communities --json | jq -r '.communities[] | select(.band == "silent").community_id'
    ```
    """
    from agents.settings import Settings

    found = asyncio.run(_ask(Settings.load()))
    shown = dict(list(found.items())[:limit])
    if json:
        from msgspec import to_builtins

        lines = [{"community_id": name, **to_builtins(it)} for name, it in shown.items()]
        print_json({"count": len(found), "communities": lines})
        return
    if shown:
        print_table("", _COLUMNS, [_row(name, health) for name, health in shown.items()])
    typer.echo(_summary(len(found), len(shown)), err=True)


async def _ask(settings: "Settings") -> "dict[str, Health]":
    from agents.redis.client import TagClient
    from agents.redis.connection import reaching_redis
    from streams.community_health import health_of

    with reaching_redis(settings):
        async with TagClient.of(settings) as client:
            counts = await client.communities()
    found = [(name, health_of(fields)) for name, fields in counts.items()]
    return dict(sorted(found, key=lambda pair: (-pair[1].members, pair[0])))


def _row(name: str, health: "Health") -> tuple[object, ...]:
    rate = "-" if health.posts_per_member is None else f"{health.posts_per_member:.2f}"
    return (
        *(name, health.band, health.members, _percent(health.silent_share), rate),
        *(health.posts, _percent(health.repeated_share), _percent(health.top_poster_share)),
    )


def _percent(share: float | None) -> str:
    """Return a share for people.

    >>> _percent(0.305), _percent(None)
    ('30 %', '-')
    """
    return "-" if share is None else f"{share:.0%}".replace("%", " %")


def _summary(count: int, shown: int) -> str:
    if not count:
        return "no community has a member"
    said = counted(count, "community").replace("communitys", "communities")
    return said if shown == count else f"{said}, the first {shown:,} shown"
