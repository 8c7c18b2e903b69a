"""Every command in README, docs and deploy can be typed: program, command, options, arguments.

Many are also run: docs/tutorial.md, the runbooks and docs/consumers.md by tests beside this one.
"""

import re
from itertools import product
from typing import Any

import pytest
import typer

from agents.commands import build
from tests.docs import mentions
from tests.docs.mentions import ROOT, commands

ALL = commands()
TARGETS = set(
    re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)
FILES = list((ROOT / "tests").rglob("test_*.py"))
TESTS = {name for file in FILES for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))}


def of(program: str) -> pytest.MarkDecorator:
    """A parametrize mark: its commands, named by what is typed."""
    found = [(page, words) for page, its, words in ALL if its == program]
    ids = [f"{page}: {' '.join(words)}" for page, words in found]
    return pytest.mark.parametrize("words", [words for _, words in found], ids=ids)


def complaint(words: list[str], program: Any) -> str | None:
    """What `tagstream` would say against these words; None: nothing."""
    command, rest = program, list(words)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        if name not in command.commands:
            return f"no command {name}"
        command = command.commands[name]
    options = {name: one for one in command.params for name in (*one.opts, *one.secondary_opts)}
    room = sum(
        99 if one.nargs < 0 else one.nargs
        for one in command.params
        if one.param_type_name == "argument"
    )
    while rest:
        name, equals, _ = rest.pop(0).partition("=")
        if not name.startswith("-"):
            room -= 1
        elif name in {"--help", "-h"}:
            continue
        elif name not in options:
            return f"no option {name}"
        elif not equals and not options[name].is_flag:
            if not rest:
                return f"{name} wants a value"
            rest.pop(0)
    return None if room >= 0 else "too many arguments"


def one_by_one(words: list[str]) -> list[list[str]]:
    """The commands that `dlq list|show` stands for.

    >>> one_by_one(["dlq", "list|show"])
    [['dlq', 'list'], ['dlq', 'show']]
    """
    return [list(chosen) for chosen in product(*(word.split("|") for word in words))]


@of("tagstream")
def test_tagstream_has_the_command_its_options_and_room_for_its_arguments(words: list[str]) -> None:
    """Also where options stand in brackets."""
    program = typer.main.get_command(build())
    said = [complaint(each, program) for each in one_by_one(words)]
    assert said == [None] * len(said)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("lokup USER", "no command lokup"),
        ("dlq lst", "no command lst"),
        ("lookup USER --jsn", "no option --jsn"),
        ("lookup USER OTHER", "too many arguments"),
        ("replay FILE --until", "--until wants a value"),
        ("replay FILE FILE --until=0 --out result", None),
    ],
)
def test_a_wrong_command_would_be_seen(typed: str, said: str | None) -> None:
    """And which part of it is wrong."""
    assert complaint(typed.split(), typer.main.get_command(build())) == said


@of("make")
def test_make_has_the_target_and_what_it_passes_on_is_right(words: list[str]) -> None:
    """To `tagstream demo` and `bench` options of theirs; to pytest a part of a test's name."""
    target, *rest = words
    assert target in TARGETS
    passed = next((word.removeprefix("ARGS=") for word in rest if word.startswith("ARGS=")), "")
    if target in {"demo", "bench"} and passed != "...":
        typed = [target, *mentions.words(passed)]
        assert complaint(typed, typer.main.get_command(build())) is None
    if chosen := re.match(r"-k (\w+)", passed):
        assert any(chosen[1] in name for name in TESTS | {file.stem for file in FILES})


@of("python -m")
def test_the_module_is_there_and_knows_the_options(words: list[str]) -> None:
    """Each is written in the module, or in the folder whose `__main__` it is."""
    module, *rest = words
    path = ROOT / module.replace(".", "/")
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    assert not path.is_dir() or (path / "__main__.py").exists()
    for option in (word for word in rest if word.startswith("--") and word != "--help"):
        assert f'"{option}"' in text, option
