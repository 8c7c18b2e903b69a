"""YAML text as a small tree in which every value knows its line and column.

We stop at YAML's node graph instead of building dictionaries: it keeps positions, repeated
keys and the exact text of numbers, and it cannot run a tag's constructor. Nothing that
ruamel.yaml raises gets out: a text that is not YAML is a fault like any other.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from streams.catalogue.faults import Faults, Place

Kind = Literal["text", "integer", "decimal", "boolean", "nothing", "other"]

_KINDS: dict[str, Kind] = {
    "tag:yaml.org,2002:str": "text",
    "tag:yaml.org,2002:int": "integer",
    "tag:yaml.org,2002:float": "decimal",
    "tag:yaml.org,2002:bool": "boolean",
    "tag:yaml.org,2002:null": "nothing",
}
_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value; `text` is its content, `raw` how it was written, quotes and all."""

    text: str
    kind: Kind
    place: Place
    raw: str
    block: bool

    def at(self, offset: int) -> Place:
        r"""The place of the character `offset` of `text`, through quotes and folded lines.

        The characters of the content stand in the raw text in the same order, so each is
        looked for behind the one before it. Escapes (`\x41`) may shift the result a little.
        """
        lines = _LINE_END.split(self.raw[: self._raw_offset(offset)])
        if len(lines) == 1:
            return Place(self.place.line, self.place.column + len(lines[0]))
        return Place(self.place.line + len(lines) - 1, len(lines[-1]) + 1)

    def _raw_offset(self, offset: int) -> int:
        """The index in `raw` of the character `offset` of `text`."""
        header = _LINE_END.search(self.raw) if self.block else None
        found = header.end() if header else int(self.raw[:1] in "'\"")
        start = found
        for character in self.text[: offset + 1]:
            if not character.isspace():
                at = self.raw.find(character, start)
                found, start = (at, at + 1) if at >= 0 else (found, start)
        return found


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: "tuple[Tree, ...]"
    place: Place


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping with text keys, each once, in the order of the file."""

    entries: "tuple[tuple[Scalar, Tree], ...]"
    place: Place


Tree = Scalar | Items | Entries


def parse(text: str, faults: Faults) -> Tree | None:
    """The tree of a YAML text; None if it is empty or no YAML at all (then `faults` says so)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a reused anchor: its last meaning is YAML's
            root = YAML(typ="safe", pure=True).compose(text)
        return _Builder(text, faults).build(root) if root is not None else None
    except _AliasOfItselfError as error:
        faults.add(_mark(error.node), "an alias may not contain itself")
    except RecursionError:
        faults.add(Place(1, 1), "nested too deeply to be a catalogue")
    except ReaderError as error:
        faults.add(_place_of(text, error.position), f"not YAML: {error.reason}")
    except MarkedYAMLError as error:
        faults.add(_place_of_error(error), f"not YAML: {_sentence(error)}")
    except (YAMLError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        # ruamel.yaml lets some of its own slips through on broken text
        faults.add(Place(1, 1), f"not YAML: {str(error) or type(error).__name__}")
    return None


def _place_of(text: str, index: int) -> Place:
    """The line and column of a character of `text`."""
    lines = _LINE_END.split(text[:index])
    return Place(len(lines), len(lines[-1]) + 1)


def _place_of_error(error: MarkedYAMLError) -> Place:
    """Where the parser stumbled."""
    mark = error.problem_mark or error.context_mark
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _sentence(error: MarkedYAMLError) -> str:
    """The parser's complaint on one line."""
    said = (error.context, error.problem)
    sentence = ", ".join(" ".join(str(part).split()) for part in said if part)
    if "'<scalar>'" in sentence:  # what YAML says of `when: 'c1' in clubs` helps nobody
        return f"{sentence} (an expression with quotes or commas may need quotes around all of it)"
    return sentence


class _AliasOfItselfError(Exception):
    """A node inside itself: a tree without end."""

    def __init__(self, node: Node) -> None:
        self.node = node
        super().__init__()


class _Builder:
    """Turns the node graph into a tree; a node that many aliases name is built once."""

    def __init__(self, text: str, faults: Faults) -> None:
        self._text, self._faults = text, faults
        self._built: dict[int, Tree | None] = {}  # None: being built

    def build(self, node: Node, key: Scalar | None = None) -> Tree:
        if id(node) not in self._built:
            self._built[id(node)] = None
            self._built[id(node)] = self._fresh(node, key)
        tree = self._built[id(node)]
        if tree is None:
            raise _AliasOfItselfError(node)
        return tree

    def _fresh(self, node: Node, key: Scalar | None) -> Tree:
        if isinstance(node, MappingNode):
            return Entries(tuple(self._entries(node)), _mark(node))
        if isinstance(node, SequenceNode):
            return Items(tuple(self.build(item) for item in node.value), _mark(node))
        assert isinstance(node, ScalarNode)
        return self._scalar(node, key)

    def _entries(self, node: MappingNode) -> Iterator[tuple[Scalar, Tree]]:
        first: dict[str, Place] = {}
        for key_node, value_node in node.value:
            key = self.build(key_node)
            value = self.build(value_node, key if isinstance(key, Scalar) else None)
            if not isinstance(key, Scalar) or key.kind != "text":
                self._faults.add(key.place, _not_text(key))
            elif key.text in first:
                line = first[key.text].line
                self._faults.add(key.place, f'"{key.text}" is repeated, first on line {line}')
            else:
                first[key.text] = key.place
                yield key, value

    def _scalar(self, node: ScalarNode, key: Scalar | None) -> Scalar:
        kind = _KINDS.get(str(node.tag), "other")
        raw = self._text[node.start_mark.index : node.end_mark.index]
        # an empty value is marked where the *next* thing begins: show its key instead
        place = key.place if key and not raw else _mark(node)
        if any("\ud800" <= character <= "\udfff" for character in node.value):
            self._faults.add(place, "half a character (a lone surrogate)")
        return Scalar(node.value, kind, place, raw, block=node.style in ("|", ">"))


def _mark(node: Node) -> Place:
    """Where a node begins."""
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _not_text(key: Tree) -> str:
    """Why this cannot be a key, and what to write instead."""
    if isinstance(key, Scalar) and key.raw == "<<":
        return "merge keys are not part of YAML 1.2, write the entries out"
    if isinstance(key, Scalar) and key.kind != "other" and key.raw:
        return f"the key {key.raw} is not text, write it in quotes"
    return "a key must be text"
