"""The program `tagstream`: every command in one list, one file each.

A command module has a function of its own name, or a group of several. It imports what
is heavy (Faust, Kafka, Redis, the engine) inside the function: `tagstream --help` is to come
at once. It raises an `agents.errors.Problem` for what a person can mend; `main` prints that
as one line and leaves with its exit code. Here is what people say and are told; what a command
does stands beside this folder, without a word about terminals.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from inspect import getdoc
from textwrap import indent
from typing import Annotated

import typer
from typer.models import CommandInfo

from agents.errors import Problem

COMMANDS = (
    "demo",  # servers, a worker, traffic: everything in one
    "worker",  # one worker, until SIGTERM
    "serve",  # the HTTP API and the web page
    "status",  # servers, topics, lag, clocks, runs, workers
    "topics",  # create or check the topics
    "check",  # is this catalogue right?
    "catalogue",  # what does it say, and what was it compiled to?
    "validate",  # are these events right?
    "send",  # events from files into Kafka
    "simulate",  # events that never happened
    "replay",  # the same engine on files, without servers
    "lookup",  # the tags of a user
    "why",  # and why they have them
    "match",  # which users have these tags
    "communities",  # how healthy each is
    "export",  # the tags of all users
    "watch",  # changes and alerts as they come
    "override",  # a person corrects a tag
    "erase",  # forget a user
    "dlq",  # rejected events: list, show, replay
    "verify",  # does Redis show what the state says?
    "rebuild",  # write Redis anew from the state
    "bench",  # how fast, beside others, on real servers
    "size",  # how much of everything a deployment needs
    "config",  # the effective settings
)
"""Names of the modules in this folder, in the order of `tagstream --help`."""

_HELP = """Streaming tags: events from Kafka become exact, explained tags in Redis.

Settings are environment variables, also read from .env: see tagstream config.

Exit codes: 0 done, 1 found something wrong, 2 wrong use or setting, 3 server unreachable.
"""


_FENCED = re.compile(r"^```\n(.*?)\n```$", re.DOTALL | re.MULTILINE)


def build() -> typer.Typer:
    """Put the program together from its commands."""
    app = typer.Typer(
        name="tagstream",
        help=_HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,  # `main` prints what people can mend
        rich_markup_mode=None,  # rich and Markdown would double the time that --help takes
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_program)
    for name in COMMANDS:
        made = getattr(import_module(f"agents.commands.{name}"), name)
        if isinstance(made, typer.Typer):
            app.add_typer(made, name=name, help=made.info.help)
        else:
            app.command()(made)
    for command in _commands(app):
        command.help = help_of(getdoc(command.callback) or "")
        command.short_help = _first_sentence(command.help)
    for group in app.registered_groups:
        group.help = help_of(str(group.help))
        group.short_help = _first_sentence(group.help)
    return app


def _commands(app: typer.Typer) -> Iterator[CommandInfo]:
    """All commands, those of groups too."""
    yield from app.registered_commands
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield from _commands(group.typer_instance)


def _first_sentence(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())


def help_of(docstring: str) -> str:
    """Return the help text of a command: its fenced examples are not to be wrapped."""
    return _FENCED.sub(lambda found: "\b\n" + indent(found[1], "  "), docstring)


def run(arguments: Sequence[str]) -> int:
    """Run one command and returns its exit code; what is wrong goes to stderr as one line."""
    try:
        build()(args=list(arguments), prog_name="tagstream")
    except Problem as problem:
        print(f"tagstream: {problem}", file=sys.stderr)  # noqa: T201 - this is the program's voice
        return problem.exit_code
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    return 0


def main() -> None:
    """Be the console script `tagstream`."""
    sys.exit(run(sys.argv[1:]))


def _print_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        from tagstream import __version__

        typer.echo(__version__)
        raise typer.Exit


_Version = Annotated[
    bool,
    typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
]


def _program(*, version: _Version = False) -> None:
    """Take the options that stand before the command."""
