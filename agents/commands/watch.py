"""`tagstream watch`: changes of tags, or alerts, as they come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from agents.commands.lookup import shown
from agents.commands.output import Json, at
from agents.errors import WrongUse

if TYPE_CHECKING:
    from agents.redis.news import Gap
    from agents.redis.stream import Received, Start
    from agents.settings import Settings
    from schemas.alerts import Alert
    from schemas.changes import TagChange

T = TypeVar("T")
_GAPS: dict["Gap | None", str] = {
    "trimmed": "the stream was trimmed",
    "new run": "a new run began",
    "lost": "Redis lost data",
}
Alerts = Annotated[bool, typer.Option("--alerts", help="Alerts instead of changes.")]
From = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="start|now|P:SEQ,...",
        help="All that is kept; only what comes; or what follows a seq of each partition "
        "(partitions not named: all that is kept).",
    ),
]
Count = Annotated[int | None, typer.Option(min=1, help="Stop after so many.")]


def watch(
    *, alerts: Alerts = False, begin: From = "now", count: Count = None, json: Json = False
) -> None:
    """Print changes of tags, or alerts, as they come.

    Ctrl-C ends it. With --json every line is the change as it stands in the stream, with its
    partition. A note on stderr says when some are missing, because the stream was trimmed or begun
    anew.

    Examples to try:

    ```
    tagstream watch
    tagstream watch --alerts --from start
    tagstream watch --from 0:1200,1:1175 --json
    ```
    """
    from agents.settings import Settings

    start = parse_start(begin)
    with suppress(KeyboardInterrupt):
        asyncio.run(_watch(Settings.load(), start, count, alerts=alerts, json=json))


def parse_start(text: str) -> "Start":
    """Return the value of --from. Raises WrongUse.

    >>> parse_start("now"), parse_start("0:12,3:0")
    ('now', {0: 12, 3: 0})
    """
    if text == "start":
        return "start"
    if text == "now":
        return "now"
    try:
        pairs = [part.split(":") for part in text.split(",")]
        return {int(partition): int(seq) for partition, seq in pairs}
    except ValueError:
        raise WrongUse(
            f"--from {text!r}: allowed is start, now, or P:SEQ,... such as 0:1200,1:1175"
        ) from None


async def _watch(
    settings: "Settings", start: "Start", count: int | None, *, alerts: bool, json: bool
) -> None:
    from agents.redis.client import TagClient
    from agents.redis.connection import reaching_redis

    with reaching_redis(settings):
        async with TagClient.of(settings) as client:
            if alerts:
                await _print(client.alerts(start), _alert, count, json=json)
            else:
                await _print(client.changes(start), _change, count, json=json)


async def _print(
    entries: "AsyncIterator[Received[T]]",
    text: Callable[[T], str],
    count: int | None,
    *,
    json: bool,
) -> None:
    printed = 0
    async for entry in entries:
        if entry.gap:
            typer.echo(_gap(entry), err=True)
        if json:
            typer.echo(_with_partition(entry))
        else:
            typer.echo(f"{entry.partition}:{entry.position.seq} {text(entry.value)}")
        printed += 1
        if printed == count:
            return


def _gap(entry: "Received[T]") -> str:
    return (
        f"tagstream: partition {entry.partition}: entries are missing before seq "
        f"{entry.position.seq}: {_GAPS[entry.gap]}"
    )


def _with_partition(entry: "Received[T]") -> bytes:
    """Return the entry as it was published, with its partition put in front."""
    return b'{"partition":%d,%s' % (entry.partition, entry.raw[1:])


def _change(change: "TagChange") -> str:
    """One line about a change."""
    if change.tag is None:
        what = "erased: all tags gone"
    else:
        what = f"{change.tag}: {shown(change.old)} -> {shown(change.new)}"
    cause = type(change.cause).__struct_config__.tag
    return f"{at(change.time)} {change.user_id} {what}  ({cause})"


def _alert(alert: "Alert") -> str:
    """One line about an alert."""
    title = alert.title.en or alert.detector
    more = f", {alert.suppressed} suppressed before" if alert.suppressed else ""
    return f"{at(alert.time)} {alert.severity} {alert.user_id} {title}{more}"
