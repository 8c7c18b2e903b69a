"""Small things that every generator needs: lines, names and the fields of the state."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

Lines = list[str]
"""Source, one statement or block header a line, indented from 0."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")


class Unsupported(Exception):  # noqa: N818 - a fact about the catalogue, shown as it is
    """The catalogue asks for something that this version cannot compute yet."""


class StateField(NamedTuple):
    """A field of the state. With the default `[]` it is a list, None until something is in it.

    Most users never have anything in most of them, and an empty list costs as much as a full one.
    """

    name: str
    type: Any
    default: object

    @property
    def packed(self) -> "StateField":
        """As the state has it."""
        return self if self.default != [] else self._replace(type=self.type | None, default=None)

    @property
    def begun(self) -> Lines:
        """Makes the list if there is none."""
        return block(f"if s.{self.name} is None", [f"s.{self.name} = []"])


def indent(lines: Iterable[str], by: int = 1) -> Lines:
    """The lines as the body of a block."""
    return ["    " * by + line for line in lines]


def block(header: str, body: Lines) -> Lines:
    """`header:` with its body; nothing at all without a body."""
    return [f"{header}:", *indent(body)] if body else []


def function(signature: str, doc: str, body: Lines) -> Lines:
    """A function with a docstring."""
    return [f"def {signature}:", *indent([f'"""{doc}"""', *body]), "", ""]


def safe(name: str) -> str:
    """The name, if it is one: source is generated only from names that were checked."""
    if not _NAME.match(name):
        raise Unsupported(f"{name!r} is no name")
    return name


def sooner(due: str) -> Lines:
    """Lower the user's deadline to `due` if that comes first."""
    return [f"due = {due}", "if due < s.deadline:", "    s.deadline = due"]


def noticing(lines: Lines, bit: int) -> Lines:
    """Lines that say `look = True`, saying it of one measure: `look` is a set of bits."""
    return [line.replace("look = True", f"look |= {bit}") for line in lines]
