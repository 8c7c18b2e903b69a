"""`tagstream topics`: create the topics that are missing, or only check them all."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.output import Json, counted, print_json

if TYPE_CHECKING:
    from agents.topics.manage import Ensured

Check = Annotated[bool, typer.Option("--check", help="Change nothing, only compare.")]


def topics(*, check: Check = False, json: Json = False) -> None:
    """Create the missing topics; with --check, only compare them with what they have to be.

    Inputs, dead letters, changelog and owned topics, each with TAGSTREAM_PARTITIONS partitions
    and at most three replicas. Existing topics are never altered. Exit code 1 if something
    differs, with a remedy for each difference.

    Examples to try:

    ```
    tagstream topics
    tagstream topics --check
    TAGSTREAM_PARTITIONS=12 tagstream topics --json
    ```
    """
    from agents.kafka_client import is_embedded
    from agents.settings import Settings
    from agents.topics.manage import Ensured, check_topics, ensure_topics
    from agents.topics.plan import planned

    settings, configs = Settings.load(), not is_embedded()
    if check:
        found = Ensured((), tuple(asyncio.run(check_topics(settings, configs=configs))))
    else:
        found = asyncio.run(ensure_topics(settings, configs=configs))
    if json:
        _print_json(found)
    else:
        _print(found, [topic.name for topic in planned(settings)])
    raise typer.Exit(1 if found.differences else 0)


def _print(found: "Ensured", names: Sequence[str]) -> None:
    for name in found.created:
        typer.echo(f"created {name}")
    for difference in found.differences:
        typer.echo(str(difference))
    if found.differences:
        typer.echo(counted(len(found.differences), "difference"))
    else:
        typer.echo(f"all {len(names)} topics are as they have to be")


def _print_json(found: "Ensured") -> None:
    differences = [
        {"topic": one.topic, "wrong": one.wrong, "remedy": one.remedy, "fatal": one.fatal}
        for one in found.differences
    ]
    print_json({"created": found.created, "differences": differences})
