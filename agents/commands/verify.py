"""`tagstream verify`: compare what Redis shows with what the state says."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.lookup import shown
from agents.commands.output import Json, at, counted, print_json, print_table, progress
from agents.errors import WrongUse

if TYPE_CHECKING:
    from agents.settings import Settings
    from agents.verifying.verdict import Difference, Limits, Verdict
    from schemas.changes import TagValue
    from streams.engine import Engine

Only = Annotated[
    list[int] | None,
    typer.Option("--partition", "-p", min=0, help="Only this partition; may be repeated."),
]
Rate = Annotated[
    float, typer.Option("--rate", min=0.0, help="Users a second at most; 0: as fast as it goes.")
]
Most = Annotated[int, typer.Option("--limit", min=0, help="Differences to list a partition.")]
_COLUMNS = ("partition#", "user", "tag", "state", "since", "Redis", "since")
_WHYS = ("partition#", "user", "tag", "rule of the state", "rule in Redis")
_COUNTS = ("partition#", "community", "count", "state#", "Redis#")


def verify(
    *, partition: Only = None, rate: Rate = 20_000.0, limit: Most = 100, json: Json = False
) -> None:
    """Compare what Redis shows with the state in the changelog.

    Every tag of every user: value, since and the rule that explains it; and the counts of
    communities. Workers may go on meanwhile. Exit code 1 and a list of differences if there are
    any, or if a partition could not be compared; tagstream rebuild mends them. Writes nothing.
    docs/repair.md says what to do next.

    Examples to try:

    ```
    tagstream verify
    tagstream verify --partition 2 --rate 2000
    tagstream verify --json | jq '.differences[].user_id'
    ```
    """
    from agents.settings import Settings
    from agents.verifying.verdict import Limits

    verdicts = asyncio.run(_verify(Settings.load(), partition, Limits(rate, limit)))
    if json:
        print_json(as_json(verdicts))
    else:
        _print(verdicts)
    raise typer.Exit(0 if all(verdict.is_right for verdict in verdicts) else 1)


async def _verify(
    settings: "Settings", only: Sequence[int] | None, limits: "Limits"
) -> "list[Verdict]":
    from agents.verifying.partition import verify as verify_one

    (engine, partitions), verdicts = await chosen(settings, only), []
    with progress("comparing") as bar:
        task = bar.add_task("", total=float(len(partitions)))
        for place, number in enumerate(partitions):

            def tell(share: float, done: int = place) -> None:
                bar.update(task, completed=done + share)

            verdicts.append(await verify_one(settings, engine, number, limits, tell))
    return verdicts


async def chosen(settings: "Settings", only: Sequence[int] | None) -> "tuple[Engine, list[int]]":
    """Return the engine, and the partitions that are meant: all, or these. Raises WrongUse."""
    from agents.catalogue_file import require_engine
    from agents.topics.manage import input_partitions, require_topics

    engine = require_engine(settings.catalogue)
    await require_topics(settings, configs=False)
    count = await input_partitions(settings)
    for number in only or ():
        if number >= count:
            raise WrongUse(f"--partition {number}: there are {count}, from 0 to {count - 1}")
    return engine, sorted(set(only)) if only else list(range(count))


def as_json(verdicts: "Sequence[Verdict]") -> dict[str, object]:
    """Return all that was found, for programs."""
    return {
        "users": sum(verdict.users for verdict in verdicts),
        "communities": sum(verdict.communities for verdict in verdicts),
        "found": sum(verdict.found for verdict in verdicts),
        "differences": [_as_json(one) for verdict in verdicts for one in verdict.differences],
        "whys": [asdict(one) for verdict in verdicts for one in verdict.whys],
        "counts": [asdict(one) for verdict in verdicts for one in verdict.counts],
        "not_compared": [
            {"partition": verdict.partition, "why": verdict.why_not}
            for verdict in verdicts
            if verdict.why_not
        ],
    }


def _as_json(one: "Difference") -> dict[str, object]:
    place = {"partition": one.partition, "user_id": one.user_id, "tag": one.tag}
    return place | {"state": _held(one.state), "redis": _held(one.redis)}


def _held(held: "tuple[TagValue, int] | None") -> dict[str, object] | None:
    return None if held is None else {"value": held[0], "since": held[1]}


def _print(verdicts: "Sequence[Verdict]") -> None:
    listed = _print_tables(verdicts)
    for verdict in verdicts:
        if verdict.why_not:
            typer.echo(f"partition {verdict.partition} could not be compared: {verdict.why_not}")
    found, partitions = sum(v.found for v in verdicts), counted(len(verdicts), "partition")
    users = counted(sum(v.users for v in verdicts), "user")
    communities = sum(v.communities for v in verdicts)
    counts = f" and the counts of {communities:,} communities" if communities else ""
    compared = f"{users}{counts} compared in {partitions}"
    if found:
        some = "" if found == listed else f", {listed:,} of them listed"
        typer.echo(f"{compared}: {counted(found, 'difference')}{some}")
        typer.echo("to write Redis anew from the state: tagstream rebuild (see docs/repair.md)")
    else:
        typer.echo(f"{compared}: no difference")


def _print_tables(verdicts: "Sequence[Verdict]") -> int:
    """Print a table of each kind of difference; return how many are listed."""
    tables: dict[tuple[str, ...], list[tuple[object, ...]]] = {
        _COLUMNS: list(_rows(one for verdict in verdicts for one in verdict.differences)),
        _WHYS: [
            (one.partition, one.user_id, one.tag, one.state or "-", one.redis or "-")
            for verdict in verdicts
            for one in verdict.whys
        ],
        _COUNTS: [astuple(one) for verdict in verdicts for one in verdict.counts],
    }
    for columns, rows in tables.items():
        if rows:
            print_table("", columns, rows)
    return sum(map(len, tables.values()))


def _rows(differences: "Iterable[Difference]") -> Iterator[tuple[object, ...]]:
    for one in differences:
        yield one.partition, one.user_id, one.tag, *_cells(one.state), *_cells(one.redis)


def _cells(held: "tuple[TagValue, int] | None") -> tuple[str, str]:
    return ("-", "-") if held is None else (shown(held[0]), at(held[1]))
