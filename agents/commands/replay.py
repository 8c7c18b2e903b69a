"""`tagstream replay`: the same engine on files of events, without any server."""

import gc
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.instants import instant
from agents.commands.output import Json, at, counted, print_json, progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.offline.batches import Batch
    from agents.offline.lines import Advance
    from agents.offline.replay import Summary
    from agents.settings import Settings

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="Events, one JSON object a line.")
]
CatalogueOption = Annotated[
    Path | None,
    typer.Option("--catalogue", help="The catalogue; default: TAGSTREAM_CATALOGUE."),
]
Until = Annotated[
    str | None,
    typer.Option(help="Where the clock goes in the end: RFC 3339, or epoch milliseconds."),
]
Out = Annotated[Path, typer.Option(help="Where the four files go; made if missing.")]
Processes = Annotated[
    int | None,
    typer.Option(min=1, max=64, help="How many share the work; default: one a core, at most 8."),
]


def replay(
    files: Files,
    *,
    catalogue: CatalogueOption = None,
    until: Until = None,
    out: Out = Path(),
    processes: Processes = None,
    json: Json = False,
) -> None:
    """Compute tags from files of events, without servers.

    Exactly as a worker would. All events are one partition, in the order of the file; several
    files are merged by event time. Writes changes.ndjson, alerts.ndjson, tags.ndjson and
    rejects.ndjson. The clock moves by the events alone; --until lets it go on after the last one,
    so that tags expire.

    Large files are worked on by several processes, each with a share of the users: the results are
    the same bytes. One process does it all where there is one core, for small files, for pipes,
    and for a catalogue with detectors that look across users.

    Examples to try:

    ```
    tagstream replay events.ndjson --out result
    tagstream replay day1.ndjson day2.ndjson --catalogue my.yaml --until 2026-03-01T00:00:00Z
    tagstream replay events.ndjson --json | jq .changes
    ```
    """
    from agents.settings import Settings

    settings = Settings.load()
    started = time.perf_counter()
    last = None if until is None else instant("--until", until)
    summary = _replay(settings, files, catalogue or settings.catalogue, last, out, processes)
    seconds = time.perf_counter() - started
    if json:
        print_json({**_figures(summary), "seconds": round(seconds, 3)})
    else:
        _print_summary(summary, out, seconds)


def _replay(
    settings: "Settings",
    files: Sequence[Path],
    catalogue: Path,
    until: int | None,
    out: Path,
    processes: int | None,
) -> "Summary":
    """Put the edges together: files in, engine, directory out."""
    from agents.catalogue_file import require_engine
    from agents.corrections import refuse_impossible
    from agents.names import Names
    from agents.offline.events import read_events
    from agents.offline.lines import require_files
    from agents.offline.merging import collect
    from agents.offline.processes import forked, processes_for, receive
    from agents.offline.replay import Replay
    from agents.offline.share import Share
    from agents.offline.sink import Directory
    from schemas.lines import LineDecoder

    size = require_files(files)
    engine = require_engine(catalogue)
    # Nearly all that lives is rows, which hold no cycles: looking for some so often is in vain.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    now = int(time.time() * 1000)
    judge = partial(refuse_impossible, domains=engine.domains)
    decode = LineDecoder(engine.catalogue.currency, now, judge).decode_all
    topics, ends = Names.of(settings).topics, [path.stat().st_size for path in files]
    parts = processes_for(engine.catalogue, files, size, processes)

    def work(part: int, advance: "Advance") -> "Iterator[Batch]":
        decoded = iter(read_events(files, decode, advance, ends))
        return Share(engine, topics, part, parts, now, until).batches(decoded)

    with ExitStack() as opened:
        sink = opened.enter_context(Directory(out, files))
        pipes = opened.enter_context(forked(work, parts)) if parts > 1 else []
        bar = opened.enter_context(progress("replaying"))  # has a thread: after the fork
        advance = partial(bar.advance, bar.add_task("", total=size or None))
        if pipes:
            return collect(parts, lambda part: receive(pipes[part]), sink, advance)
        decoded = read_events(files, decode, advance)
        return Replay(engine, topics, sink, started=now, until=until).run(decoded)


def _figures(summary: "Summary") -> dict[str, object]:
    return {
        "lines": summary.lines,
        **{outcome: summary.outcomes[outcome] for outcome in ("applied", "late", "duplicate")},
        "rejected": dict(summary.rejected),
        "after_until": summary.after_until,
        "users": summary.users,
        "changes": summary.changes,
        "alerts": summary.alerts,
        "clock": summary.clock,
    }


def _print_summary(summary: "Summary", out: Path, seconds: float) -> None:
    lines = [
        f"{counted(summary.lines, 'event')} in {seconds:.1f} s "
        f"({summary.lines / max(seconds, 1e-9):,.0f}/s): "
        + ", ".join(f"{number:,} {outcome}" for outcome, number in summary.outcomes.items())
    ]
    if summary.rejected:
        reasons = ", ".join(f"{reason} {n:,}" for reason, n in summary.rejected.most_common())
        lines.append(f"{summary.rejected.total():,} rejected: {reasons} (rejects.ndjson)")
    if summary.after_until:
        lines.append(f"{summary.after_until:,} after --until: not applied")
    lines.append(
        f"{counted(summary.users, 'user')}, {counted(summary.changes, 'change')}, "
        f"{counted(summary.alerts, 'alert')} in {out}"
        + (f"; the clock stands at {at(summary.clock)}" if summary.clock >= 0 else "")
    )
    typer.echo("\n".join(lines))
