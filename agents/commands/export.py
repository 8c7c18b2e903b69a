"""`tagstream export`: the tags of all users, for spreadsheets and other programs."""

import asyncio
import csv
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agents.commands.output import at

if TYPE_CHECKING:
    from agents.redis.client import TagClient
    from agents.redis.tags import Tags
    from agents.settings import Settings
    from schemas.changes import TagValue

    Write = Callable[[str, Tags], None]

_Format = Literal["ndjson", "csv"]
Format = Annotated[
    _Format,
    typer.Option("--format", help="ndjson: a user a line; csv: a line for each value of a tag."),
]


def export(*, form: Format = "ndjson") -> None:
    """Print the tags of all users.

    Each user once, as they were at some moment while it ran; in no order. In CSV a set has a line
    for each member, and a flag has the value true.

    Examples to try:

    ```
    tagstream export > tags.ndjson
    tagstream export --format csv > tags.csv
    tagstream export | jq -r 'select(.tags.activity.value == "silent") | .user_id'
    ```
    """
    from agents.settings import Settings

    asyncio.run(_export(Settings.load(), _writer(form)))


async def _export(settings: "Settings", write: "Write") -> None:
    from agents.redis.client import TagClient
    from agents.redis.connection import reaching_redis

    with reaching_redis(settings):
        async with TagClient.of(settings) as client:
            async for user_id, tags in _users(client):
                write(user_id, tags)


async def _users(client: "TagClient") -> "AsyncIterator[tuple[str, Tags]]":
    """Yield each user once: a snapshot may bring some of them again."""
    from agents.redis.news import Part

    seen = set[str]()
    async for news in client.snapshot():
        if not isinstance(news, Part):
            continue
        for user_id, tags in news.users.items():
            if tags and user_id not in seen:
                seen.add(user_id)
                yield user_id, tags


def _writer(form: _Format) -> "Write":
    """Return what writes a user to stdout, after the header if there is one."""
    if form == "ndjson":
        return _write_json
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(("user_id", "tag", "value", "since"))
    return lambda user_id, tags: rows.writerows(_rows(user_id, tags))


def _write_json(user_id: str, tags: "Tags") -> None:
    from msgspec.json import encode

    sys.stdout.write(encode({"user_id": user_id, "tags": tags}).decode() + "\n")


def _rows(user_id: str, tags: "Tags") -> Iterator[tuple[str, str, str, str]]:
    for name, tag in sorted(tags.items()):
        for value in _values(tag.value):
            yield user_id, name, value, at(tag.since)


def _values(value: "TagValue") -> list[str]:
    if isinstance(value, list):
        return value
    return ["true" if value is True else str(value)]
