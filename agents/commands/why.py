"""`tagstream why`: why a user has their tags."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.lookup import User, shown, unknown
from agents.commands.output import Json, at, print_json
from agents.errors import FoundWrong

if TYPE_CHECKING:
    from agents.redis.tags import Tag
    from agents.settings import Settings
    from schemas.changes import Why

OneTag = Annotated[str | None, typer.Argument(metavar="[TAG]", help="Only this tag.")]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(why)


def why(user: User, tag: OneTag = None, *, json: Json = False) -> None:
    """Show why a user has their tags.

    The rule that held, and the figures that it looked at. Exit code 1 for a user who has no tags,
    or not that one.

    Examples to try:

    ```
    tagstream why u-1017
    tagstream why u-1017 activity
    tagstream why u-1017 --json | jq '.why.activity.measures'
    ```
    """
    from agents.settings import Settings  # noqa: PLC0415 - heavy

    tags, reasons = asyncio.run(_ask(Settings.load(), user))
    if tags is None:
        raise unknown(user)
    if tag is not None and tag not in tags:
        raise FoundWrong(f"user {user!r} does not have the tag {tag!r}, but: {', '.join(tags)}")
    wanted = [tag] if tag is not None else sorted(tags)
    if json:
        print_json({"user_id": user, "why": {n: reasons[n] for n in wanted if n in reasons}})
        return
    for name in wanted:
        _print(name, tags[name], reasons.get(name))


async def _ask(settings: "Settings", user: str) -> "tuple[dict[str, Tag] | None, dict[str, Why]]":
    from agents.redis.client import TagClient  # noqa: PLC0415 - heavy
    from agents.redis.connection import reaching_redis  # noqa: PLC0415

    with reaching_redis(settings):
        async with TagClient.of(settings) as client:
            return await client.tags(user), await client.why(user) or {}


def _print(name: str, tag: "Tag", reason: "Why | None") -> None:
    typer.echo(f"{name} = {shown(tag.value)}   since {at(tag.since)}")
    if reason is None:
        return
    typer.echo(f"    because {reason.rule}")
    for measure, value in reason.measures.items():
        typer.echo(f"    {measure} = {'(missing)' if value is None else shown(value)}")
