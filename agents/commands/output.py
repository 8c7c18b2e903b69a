"""How commands speak: tables for people, JSON for programs, progress on a terminal only."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.table import Table
    from rich.tree import Tree

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

_WIDTH_IN_A_PIPE = 200  # nobody's terminal: do not cut what a program is going to search


def print_json(value: object) -> None:
    """One JSON document on one line; money as a JSON number."""
    from msgspec.json import Encoder

    typer.echo(Encoder(decimal_format="number").encode(value).decode())


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table as wide as the terminal; columns whose name ends in `#` are numbers."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        number = column.endswith("#")
        table.add_column(
            column.removesuffix("#"), justify="right" if number else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*map(_cell, row))
    print_wide(table)


def progress(what: str) -> "Progress":
    """Return a progress bar on stderr; silent where stderr is not a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    return Progress(
        TextColumn(what),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def at(ms: int) -> str:
    """Epoch milliseconds for people, in UTC.

    >>> at(1_700_000_000_123)
    '2023-11-14 22:13:20.123Z'
    """
    whole = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{whole:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}Z"


def counted(number: int, thing: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "change"), counted(12_345, "change")
    ('1 change', '12,345 changes')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _cell(value: object) -> str:
    from rich.markup import escape

    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return escape("" if value is None else str(value))


def print_wide(what: "Table | Tree") -> None:
    """Print as wide as the terminal, or as wide as it takes for a program to search it."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _WIDTH_IN_A_PIPE
    Console(width=width, highlight=False).print(what)
