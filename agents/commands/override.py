"""`tagstream override`: a person corrects a tag."""

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.erase import Wait
from agents.commands.instants import instant
from agents.commands.lookup import User, shown
from agents.commands.output import Json, print_json
from agents.errors import FoundWrong, WrongUse

if TYPE_CHECKING:
    from agents.redis.client import TagClient
    from agents.redis.tags import Tag
    from agents.settings import Settings
    from schemas.changes import TagValue
    from streams.catalogue.model import Catalogue

TagName = Annotated[str, typer.Argument(metavar="TAG", help="The tag.")]
Value = Annotated[
    str | None,
    typer.Argument(
        metavar="[VALUE]",
        help="Its value; true for a flag, a,b,c for a set; false: the user does not have the tag.",
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="When the rules decide again, e.g. 2026-12-31T18:00:00+08:00."
    ),
]
Reason = Annotated[str | None, typer.Option(help="Why; shown by tagstream why.")]
By = Annotated[str | None, typer.Option(help="Who says so; shown by tagstream why.")]
Clear = Annotated[bool, typer.Option("--clear", help="Take the correction back.")]


def override(
    user: User,
    tag: TagName,
    value: Value = None,
    *,
    until: Until = None,
    reason: Reason = None,
    by: By = None,
    clear: Clear = False,
    wait: Wait = 30.0,
    json: Json = False,
) -> None:
    """Correct a tag of a user, until a time or until taken back.

    The rules go on underneath. Sends the event and waits until Redis shows the tag so. Which
    tags and values there are is read from the catalogue (TAGSTREAM_CATALOGUE). Exit code 1 if the
    correction is not seen in time.

    Examples to try:

    ```
    tagstream override u-1017 credit_grade AA --by ann --reason "papers seen"
    tagstream override u-1017 high_net_worth false --until 2026-12-31T18:00:00+08:00
    tagstream override u-1017 credit_grade --clear
    ```
    """
    from agents.settings import Settings

    if clear == (value is not None):
        raise WrongUse("give either a VALUE or --clear")
    fields = {"until": until, "reason": reason, "by": by}
    tags = asyncio.run(_override(Settings.load(), user, tag, value, fields, wait))
    now = tags.get(tag)
    if json:
        print_json({"user_id": user, "tag": tag, "now": now})
    else:
        typer.echo(f"{user}: {tag} = {shown(now.value if now else None)}")


async def _override(
    settings: "Settings",
    user: str,
    tag: str,
    text: str | None,
    fields: dict[str, str | None],
    wait_s: float,
) -> "dict[str, Tag]":
    from agents.catalogue_file import require_catalogue
    from agents.orders import order, send, wait_until_taken
    from agents.redis.client import TagClient

    catalogue, now = require_catalogue(settings.catalogue), int(time.time() * 1000)
    value = None if text is None else read_value(catalogue, tag, text)
    if text is None:
        read_value(catalogue, tag, "false")  # the tag at least must be one
    until = _until(fields["until"], now)
    said = {"reason": fields["reason"], "by": fields["by"], "until": until}
    event = order("override", user, now, catalogue.currency, tag=tag, value=value, **said)
    sent = await send(settings, event)
    await wait_until_taken(settings, sent, wait_s)
    async with TagClient.of(settings) as client:
        return await _proven(settings, client, user, tag, value)


def read_value(catalogue: "Catalogue", tag: str, text: str) -> "TagValue":
    """Return what a person typed as a value of the tag; WrongUse if it can have no such value."""
    from streams.domains import correction_fault, domains_of

    domains = domains_of(catalogue)
    value: TagValue = text
    kind = domains[tag].kind if tag in domains else None
    if text == "false" or (text == "true" and kind == "flag"):
        value = text == "true"
    elif kind == "set":
        value = [member for member in text.split(",") if member]
    fault = correction_fault(domains, tag, value)
    if fault is not None:
        raise WrongUse(f"{fault} (catalogue {catalogue.id})")
    return value


def _until(text: str | None, now: int) -> int | None:
    if text is None:
        return None
    until = instant("--until", text)
    if until <= now:
        raise WrongUse(f"--until {text} has passed")
    return until


async def _proven(
    settings: "Settings", client: "TagClient", user: str, tag: str, value: "TagValue | None"
) -> "dict[str, Tag]":
    """The tags of the user, which show that it was done; FoundWrong if they do not."""
    from agents.redis.connection import reaching_redis

    with reaching_redis(settings):
        tags, reasons = await client.tags(user) or {}, await client.why(user) or {}
    held, why = tags.get(tag), reasons.get(tag)
    if value is None:
        done = why is None or not why.rule.startswith("override")
    else:
        wanted = sorted(set(value)) if isinstance(value, list) else value
        done = (held.value if held else False) == (wanted or False)
    if not done:
        raise FoundWrong(
            f"{user}: {tag} is {shown(held.value if held else None)}: the workers have another "
            "catalogue (see the dead letters), or somebody said otherwise since"
        )
    return tags
