"""`tagstream catalogue show`: the taxonomy, or the program that it was compiled to."""

from itertools import zip_longest
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.output import Json, print_json, print_wide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.tree import Tree

    from streams.catalogue.model import Catalogue
    from streams.catalogue.taxonomy import Entry

File = Annotated[
    Path | None,
    typer.Argument(metavar="CATALOGUE", help="The YAML file; default: TAGSTREAM_CATALOGUE."),
]
Compiled = Annotated[
    bool, typer.Option("--compiled", help="Print the Python that the catalogue was compiled to.")
]

_A_GLANCE = 72  # characters of a rule

_HELP = """Look at a catalogue.

Examples to try:

```
tagstream catalogue show
tagstream catalogue show --help
```
"""


catalogue = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode=None)
catalogue.callback()(lambda: None)  # so that one command alone is still named


@catalogue.command()
def show(catalogue: File = None, *, compiled: Compiled = False, json: Json = False) -> None:
    """Show the taxonomy of a catalogue.

    As a tree of dimensions, tags and their values, with titles in Chinese and English. A path
    such as behaviour/activity/silent is the way to a value. A broken catalogue is exit code 2;
    tagstream check says more about it.

    Examples to try:

    ```
    tagstream catalogue show
    tagstream catalogue show my.yaml --json | jq '.tags[].paths[]'
    tagstream catalogue show --compiled | less
    ```
    """
    from agents.catalogue_file import require_catalogue, require_engine
    from agents.described import tags_described
    from agents.settings import Settings
    from streams.catalogue.taxonomy import taxonomy

    path = catalogue or Settings.load().catalogue
    if compiled:
        typer.echo(require_engine(path).source, nl=False)
        return
    found = require_catalogue(path)
    if json:
        print_json({"catalogue": found.id, "file": str(path), "tags": tags_described(found)})
    else:
        print_wide(_tree(found, taxonomy(found)))


def _tree(catalogue: "Catalogue", dimensions: "Mapping[str, list[Entry]]") -> "Tree":
    """Dimension and tag with their titles, value with its rule."""
    from rich.markup import escape
    from rich.tree import Tree

    from streams.catalogue.taxonomy import TITLES

    tree = Tree(f"[bold]{catalogue.id}[/]")
    for dimension, entries in dimensions.items():
        branch = tree.add(f"[bold]{dimension}[/]  {_titles(TITLES[dimension])}")
        for entry in entries:
            twig = branch.add(
                f"{entry.name}  [dim]{escape(_titles(entry.title) + _kind(entry))}[/]"
            )
            for value, rule in zip_longest(entry.values, entry.rules if entry.values else ()):
                twig.add(f"{escape(value)}  [dim]{escape(_glance(rule.text) if rule else '')}[/]")
    return tree


def _glance(rule: str) -> str:
    return shorten(rule, _A_GLANCE, placeholder=" ...")


def _titles(titles: "Mapping[str, str]") -> str:
    return " · ".join(dict.fromkeys((titles["zh"], titles["en"])))  # both its name: said once


def _kind(entry: "Entry") -> str:
    """What its values are, where they are not listed."""
    if entry.levels:
        return f" (any text; levels of {', '.join(map(str, entry.levels))} characters)"
    return {"flag": " (yes)", "value": " (any text)", "set": " (a set)"}.get(entry.kind, "")
