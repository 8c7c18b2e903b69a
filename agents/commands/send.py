"""`tagstream send`: events from files into their topics."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.output import Json, counted, print_json, progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agents.offline.lines import Advance, Line
    from agents.send.files import Tally
    from agents.settings import Settings

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Events, one JSON object a line.")
]

_MOST_COMPLAINTS = 100


def send(files: Files, *, json: Json = False) -> None:
    """Send events (NDJSON) to their topics: by type, keyed by user_id, in the order of the file.

    Several files are merged by event time, as replay does. CloudEvents lines are sent as such.
    Broken events whose type can be read are sent too: the worker rejects them into the dead
    letters. A line without a known type has no topic: it is reported, the rest is sent, and the
    exit code is 1.

    Examples to try:

    ```
    tagstream send events.ndjson
    tagstream send interactions.ndjson transactions.ndjson --json
    ```
    """
    from agents.settings import Settings

    started = time.perf_counter()
    tally = asyncio.run(_send(Settings.load(), files))
    seconds = time.perf_counter() - started
    if json:
        figures = {"sent": dict(tally.topics), "unsent": tally.unsent}
        print_json({**figures, "seconds": round(seconds, 3)})
    else:
        typer.echo(_summary(tally, seconds))
    raise typer.Exit(1 if tally.unsent else 0)


async def _send(settings: "Settings", files: list[Path]) -> "Tally":
    """Put the edges together: files in, Kafka out."""
    from agents.kafka_client import producer, reaching
    from agents.names import Names
    from agents.offline.lines import require_files
    from agents.send.batches import Batches
    from agents.send.files import send_lines
    from agents.topics.manage import input_partitions

    size = require_files(files)
    partitions = await input_partitions(settings)
    async with producer(settings) as kafka:
        with progress("sending") as bar, reaching(settings):
            task = bar.add_task("", total=size or None)
            lines = _lines(settings, files, lambda read: bar.advance(task, read))
            batches = Batches(kafka, partitions)
            return await send_lines(lines, batches, Names.of(settings), _complaining())


def _lines(settings: "Settings", files: list[Path], advance: "Advance") -> "Iterator[Line]":
    """One file as it stands; several by event time, for which their events are decoded."""
    from agents.offline.lines import read_lines

    if len(files) == 1:
        return read_lines(files[0], advance)
    from agents.catalogue_file import require_catalogue  # only for several
    from agents.offline.events import merge_lines
    from schemas.lines import LineDecoder

    currency = require_catalogue(settings.catalogue).currency
    decode = LineDecoder(currency, now=int(time.time() * 1000)).decode
    return merge_lines(files, decode, advance)


def _complaining() -> "Callable[[Line, str], None]":
    """Print each unsent line, but not a whole file of them."""
    told = 0

    def complain(line: "Line", why: str) -> None:
        nonlocal told
        told += 1
        if told <= _MOST_COMPLAINTS:
            typer.echo(f"{line.file}:{line.number}: not sent: {why}", err=True)
        elif told == _MOST_COMPLAINTS + 1:
            typer.echo("more lines are not sent; the summary counts them", err=True)

    return complain


def _summary(tally: "Tally", seconds: float) -> str:
    sent = tally.topics.total()
    by_topic = ", ".join(f"{topic} {count:,}" for topic, count in tally.topics.most_common())
    unsent = f"; {counted(tally.unsent, 'line')} not sent" if tally.unsent else ""
    return (
        f"{counted(sent, 'event')} in {seconds:.1f} s ({sent / max(seconds, 1e-9):,.0f}/s)"
        f"{': ' if by_topic else ''}{by_topic}{unsent}"
    )
