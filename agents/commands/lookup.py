"""`tagstream lookup`: the tags of a user."""

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.output import Json, at, print_json, print_table
from agents.errors import FoundWrong

if TYPE_CHECKING:
    from agents.redis.tags import Tag
    from agents.settings import Settings

User = Annotated[str, typer.Argument(metavar="USER", help="The user's id.")]


def lookup(user: User, *, json: Json = False) -> None:
    """Show the tags of a user.

    With since when they have them. Exit code 1 for a user who has no tags.

    Examples to try:

    ```
    tagstream lookup u-1017
    tagstream lookup u-1017 --json | jq .tags.activity.value
    ```
    """
    from agents.settings import Settings

    tags = asyncio.run(_tags(Settings.load(), user))
    if tags is None:
        raise unknown(user)
    if json:
        print_json({"user_id": user, "tags": tags})
        return
    rows = [(name, shown(tag.value), at(tag.since)) for name, tag in sorted(tags.items())]
    print_table("", ("tag", "value", "since"), rows)


async def _tags(settings: "Settings", user: str) -> "dict[str, Tag] | None":
    from agents.redis.client import TagClient
    from agents.redis.connection import reaching_redis

    with reaching_redis(settings):
        async with TagClient.of(settings) as client:
            return await client.tags(user)


def unknown(user: str) -> FoundWrong:
    """Return what to say of a user who has no tags."""
    return FoundWrong(f"user {user!r} is not known: there is no tag")


def shown(value: object) -> str:
    """Return a value for people: a flag is `yes`, a set its members, no tag a dash.

    >>> shown(True), shown(False), shown(["c1", "c7"]), shown(None), shown(1e16), shown(12.5)
    ('yes', 'no', 'c1, c7', '-', '10000000000000000', '12.5')
    """
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "(none)"
        case float():
            return f"{Decimal(repr(value)).normalize():f}"
        case _:
            return str(value)
