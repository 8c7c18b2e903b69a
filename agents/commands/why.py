"""`tagstream why`: why a user has their tags."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.lookup import User, shown, unknown
from agents.commands.output import Json, at, print_json
from agents.errors import FoundWrong

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from agents.redis.tags import Tag
    from agents.settings import Settings
    from schemas.changes import Why

_END_OF_ANOMALY = "until"
OneTag = Annotated[str | None, typer.Argument(metavar="[TAG]", help="Only this tag.")]
Ahead = Annotated[bool, typer.Option("--forecast", help="What will change next, and when.")]


def why(user: User, tag: OneTag = None, *, forecast: Ahead = False, json: Json = False) -> None:
    """Show why a user has their tags.

    The rule that held, and the figures that it looked at. Exit code 1 for a user who has no tags,
    or not that one.

    With --forecast: which tags will change, and when, if nothing but time comes. The state is read
    from Kafka, as of the last checkpoint; no worker need run. At most 50 changes.

    Examples to try:

    ```
    tagstream why u-1017
    tagstream why u-1017 activity
    tagstream why u-1017 --json | jq '.why.activity.measures'
    tagstream why u-1017 --forecast
    tagstream why u-1017 activity --forecast --json | jq '.forecast[0].time'
    ```
    """
    if forecast:
        from agents.commands.forecasting import show_forecast

        show_forecast(user, tag, json=json)
        return
    from agents.settings import Settings

    settings = Settings.load()
    tags, reasons = asyncio.run(_ask(settings, user))
    if tags is None:
        raise unknown(user)
    if tag is not None and tag not in tags:
        raise FoundWrong(f"user {user!r} does not have the tag {tag!r}, but: {', '.join(tags)}")
    wanted = [tag] if tag is not None else sorted(tags)
    if json:
        print_json({"user_id": user, "why": {n: reasons[n] for n in wanted if n in reasons}})
        return
    times = times_in(settings.catalogue)
    for name in wanted:
        _print(name, tags[name], reasons.get(name), times)


async def _ask(settings: "Settings", user: str) -> "tuple[dict[str, Tag] | None, dict[str, Why]]":
    from agents.redis.client import TagClient
    from agents.redis.connection import reaching_redis

    with reaching_redis(settings):
        async with TagClient.of(settings) as client:
            return await client.tags(user), await client.why(user) or {}


def times_in(catalogue: "Path") -> frozenset[str]:
    """Return which figures are times (JSON does not say); without a catalogue those of anomalies.

    The tags may come from workers elsewhere: a catalogue that cannot be read is no reason not
    to show them.
    """
    from agents.catalogue_file import read_catalogue
    from agents.errors import WrongUse
    from streams.catalogue.faults import CatalogueError

    try:
        measures = read_catalogue(catalogue).measures.values()
    except (CatalogueError, WrongUse):
        return frozenset([_END_OF_ANOMALY])
    return frozenset([_END_OF_ANOMALY, *(m.name for m in measures if m.type == "time")])


def figure(name: str, value: object, times: "Container[str]") -> str:
    """Return a figure for people.

    >>> figure("last_seen", 1_700_000_000_123, {"last_seen"}), figure("staff", None, ())
    ('2023-11-14 22:13:20.123Z', '(missing)')
    """
    if value is None:
        return "(missing)"
    if isinstance(value, int) and name in times:
        return at(value)
    return shown(value)


def _print(name: str, tag: "Tag", reason: "Why | None", times: "Container[str]") -> None:
    typer.echo(f"{name} = {shown(tag.value)}   since {at(tag.since)}")
    if reason is None:
        return
    typer.echo(f"    because {reason.rule}")
    for measure, value in reason.measures.items():
        typer.echo(f"    {measure} = {figure(measure, value, times)}")
