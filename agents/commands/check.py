"""`tagstream check`: every mistake of a catalogue, with its place and a suggestion."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.output import Json, counted, print_json
from agents.errors import FoundWrong

if TYPE_CHECKING:
    from streams.catalogue.faults import Fault
    from streams.catalogue.model import Catalogue

File = Annotated[Path, typer.Argument(metavar="CATALOGUE", help="The YAML file.")]


def check(catalogue: File, *, json: Json = False) -> None:
    """Check a catalogue: every mistake with its place.

    As file:line:column, what is wrong, and a suggestion. Exit code 1 if there is one.

    Examples to try:

    ```
    tagstream check my.yaml
    tagstream check my.yaml --json | jq .faults
    ```
    """
    from agents.catalogue_file import read_catalogue
    from streams.catalogue.faults import CatalogueError
    from streams.engine import Engine, Unsupported

    try:
        checked = read_catalogue(catalogue)
        Engine(checked)
    except Unsupported as unsupported:
        raise FoundWrong(f"{catalogue}: {unsupported}") from None
    except CatalogueError as error:
        _report(catalogue, error.faults, json=json)
        raise typer.Exit(1) from None
    if json:
        print_json({"file": str(catalogue), "catalogue": checked.id, "faults": []})
    else:
        typer.echo(f"{catalogue}: {_contents(checked)}")


def _report(catalogue: Path, faults: "list[Fault]", *, json: bool) -> None:
    if json:
        places = [
            {"line": fault.line, "column": fault.column, "message": fault.message}
            for fault in faults
        ]
        print_json({"file": str(catalogue), "catalogue": None, "faults": places})
        return
    for fault in faults:
        typer.echo(f"{catalogue}:{fault.line}:{fault.column}: {fault.message}")


def _contents(catalogue: "Catalogue") -> str:
    return (
        f"{catalogue.id} is right: {counted(len(catalogue.measures), 'measure')}, "
        f"{counted(len(catalogue.tags), 'tag')}, {counted(len(catalogue.detectors), 'detector')}"
    )
