"""`tagstream rebuild`: write Redis anew from the state."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.output import Json, counted, print_json, print_table, progress
from agents.commands.verify import Only, chosen

if TYPE_CHECKING:
    from agents.rebuilding import Plan, Rebuilt
    from agents.settings import Settings

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Patience = Annotated[
    float, typer.Option("--wait", min=0.0, help="Seconds to wait without any sign of progress.")
]
_COLUMNS = ("partition#", "users#", "run now", "done by", "events again#", "events deleted#")


def rebuild(
    *, partition: Only = None, dry_run: DryRun = False, wait: Patience = 60.0, json: Json = False
) -> None:
    """Write Redis anew from the state in the changelog.

    One partition after the other, under a new run: readers see the jump and take a new snapshot.
    The worker that owns a partition is asked to do it; without workers this program does.
    No event is lost or counted twice. Exit code 1 if it is not done in time.

    Examples to try:

    ```
    tagstream rebuild --dry-run
    tagstream rebuild --partition 2
    tagstream verify || tagstream rebuild
    ```
    """
    from agents.settings import Settings

    settings = Settings.load()
    if dry_run:
        plans = asyncio.run(_plan(settings, partition))
        _print_plans(plans, json=json)
        return
    rebuilt = asyncio.run(_rebuild(settings, partition, wait))
    if json:
        print_json({"rebuilt": [_as_json(one) for one in rebuilt]})
        return
    for one in rebuilt:
        typer.echo(
            f"partition {one.partition}: written anew in {one.seconds:.1f} s by "
            f"{one.by or 'this program'}, run {one.run}"
        )


async def _plan(settings: "Settings", only: Sequence[int] | None) -> "list[Plan]":
    from agents.rebuilding import plan

    engine, partitions = await chosen(settings, only)
    return [await plan(settings, engine, number, lambda _: None) for number in partitions]


async def _rebuild(
    settings: "Settings", only: Sequence[int] | None, patience_s: float
) -> "list[Rebuilt]":
    from agents.rebuilding import rebuild as rebuild_one

    (engine, partitions), rebuilt = await chosen(settings, only), []
    with progress("rebuilding") as bar:
        task = bar.add_task("", total=float(len(partitions)))
        for number in partitions:
            rebuilt.append(await rebuild_one(settings, engine, number, patience_s))
            bar.advance(task)
    return rebuilt


def _print_plans(plans: "Sequence[Plan]", *, json: bool) -> None:
    if json:
        print_json({"would_rebuild": plans})
        return
    print_table("", _COLUMNS, _rows(plans))
    if deleted := sum(plan.deleted for plan in plans):
        typer.echo(
            f"{counted(deleted, 'event')} after the state cannot be read again, for retention has "
            "deleted them: they would not be counted"
        )
    typer.echo("nothing was changed")


def _rows(plans: "Sequence[Plan]") -> Iterator[tuple[object, ...]]:
    for plan in plans:
        yield (
            plan.partition,
            plan.users,
            plan.run or "(none)",
            plan.owner or "this program",
            plan.again,
            plan.deleted,
        )


def _as_json(one: "Rebuilt") -> dict[str, object]:
    return {
        "partition": one.partition,
        "run": one.run,
        "by": one.by,
        "seconds": round(one.seconds, 2),
    }
