"""`tagstream validate`: which lines of these files are no events, and why."""

import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.output import Json, counted, print_json, progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.offline.events import Refused
    from schemas.events import Event

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="Events, one JSON object a line.")
]


def validate(files: Files, *, json: Json = False) -> None:
    """Check events: every line that would be rejected.

    As file:line, the reason, and what is allowed. The currency is that of the catalogue
    (TAGSTREAM_CATALOGUE), which also says what can be overridden. Exit code 1 if a line is
    wrong.

    Examples to try:

    ```
    tagstream validate events.ndjson
    tagstream validate day1.ndjson day2.ndjson --json
    ```
    """
    from agents.catalogue_file import require_catalogue
    from agents.corrections import refuse_impossible
    from agents.offline.events import decode_lines
    from agents.offline.lines import require_files
    from agents.settings import Settings
    from schemas.lines import LineDecoder
    from streams.domains import domains_of

    size = require_files(files)
    catalogue = require_catalogue(Settings.load().catalogue)
    judge = partial(refuse_impossible, domains=domains_of(catalogue))
    decode = LineDecoder(catalogue.currency, int(time.time() * 1000), judge).decode_all
    found = Counter[str]()
    with progress("validating") as bar:
        task = bar.add_task("", total=size or None)
        for path in files:
            decoded = decode_lines(path, decode, lambda read: bar.advance(task, read))
            found += _report(decoded, json=json)
    raise typer.Exit(_conclude(found, json=json))


def _report(decoded: "Iterable[Event | Refused]", *, json: bool) -> Counter[str]:
    """Print each wrong line; counts the lines by reason, the good ones under ""."""
    from agents.offline.events import Refused

    found = Counter[str]()
    for one in decoded:
        if not isinstance(one, Refused):
            found[""] += 1
            continue
        reason, message, line = one.rejected.reason, one.rejected.message, one.line
        found[reason] += 1
        if json:
            print_json(
                {"file": line.file, "line": line.number, "reason": reason, "message": message}
            )
        else:
            typer.echo(f"{line.file}:{line.number}: {reason}: {message}")
    return found


def _conclude(found: Counter[str], *, json: bool) -> int:
    wrong = found.total() - found[""]
    typer.echo(f"{counted(found.total(), 'event')}, {wrong:,} wrong", err=json)
    return 1 if wrong else 0
