"""`tagstream match`: which users have these tags."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.output import Json, counted, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.matching.index import Page
    from agents.settings import Settings

Query = Annotated[str, typer.Argument(metavar="QUERY", help="What they have; see above.")]
Limit = Annotated[int, typer.Option(min=1, help="So many users at most; the count is of all.")]


def match(query: Query, *, limit: Limit = 100, json: Json = False) -> None:
    """Find the users who have these tags.

    A tag alone: they have it. tag=value and tag!=value: with or without that value; a set contains
    it; of a value with levels, any whole prefix matches. tag in (a, b). All that with and, or, not
    and parentheses. Values with other characters than A-Z a-z 0-9 _ . - in double quotes.

    Reads all users from Redis, once: seconds for a hundred thousand. For answers in milliseconds,
    ask tagstream serve.

    Examples to try:

    ```
    tagstream match 'activity=active and not default_history'
    tagstream match 'industry=C and communities=c12 and scale in (micro_small, medium)'
    tagstream match 'region="Shang Hai" or not region' --limit 10 --json
    ```
    """
    from agents.settings import Settings

    page = asyncio.run(_ask(Settings.load(), query, limit))
    if json:
        print_json({"count": page.count, "users": page.users})
        return
    for user_id in page.users:
        typer.echo(user_id)
    typer.echo(_summary(page.count, page.users), err=True)


async def _ask(settings: "Settings", query: str, limit: int) -> "Page":
    from agents.catalogue_file import require_catalogue
    from agents.matching.matcher import Matcher
    from agents.matching.query import parse
    from agents.redis.client import TagClient
    from agents.redis.connection import reaching_redis

    parse(query)  # what is wrong is said before all users are read
    matcher = Matcher(require_catalogue(settings.catalogue))
    with reaching_redis(settings):
        async with TagClient.of(settings) as client:
            async for news in client.snapshot():
                matcher.take(news)
            return matcher.match(query, limit)


def _summary(count: int, shown: "Sequence[str]") -> str:
    if len(shown) == count:
        return counted(count, "user")
    return f"{counted(count, 'user')}, the first {len(shown):,} shown"
