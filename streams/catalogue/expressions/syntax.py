"""Expression text to Python's syntax tree, with mistakes in words for non-programmers.

Nothing here is ever executed: `ast` is only the parser, and `check` lets through nothing
that it does not know.
"""

import ast
import re
import warnings
from collections.abc import Iterator

MAX_LENGTH = 1_000
MAX_DEPTH = 40
"""Deeper than any person writes, shallow enough for everything that walks the tree."""


class SyntaxFault(Exception):  # noqa: N818 - a fault of the text, as everywhere here
    """Not an expression; `offset` is the character where it shows."""

    def __init__(self, offset: int, message: str) -> None:
        self.offset = offset
        super().__init__(message)


_HINTS = (
    (re.compile(r"(?<![=!<>:])=(?!=)"), 'to compare write "==", not "="'),
    (re.compile(r"&&?"), 'write "and"'),
    (re.compile(r"\|\|?"), 'write "or"'),
    (re.compile(r"<>"), 'write "!="'),
    (re.compile(r"!(?!=)"), 'write "not"'),
    (re.compile(r"\b(AND|OR|NOT|IN)\b"), "write and, or, not, in in lower case"),
    (re.compile(r"\belse\b"), '"else" stands alone, as the last value'),
    (re.compile(r"#"), "a comment may not stand inside an expression"),
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def parse(text: str) -> ast.expr:
    """The tree of one expression. Offsets in it are those of `flat(text)`, in UTF-8 bytes."""
    if len(text) > MAX_LENGTH:
        raise SyntaxFault(0, f"an expression has at most {MAX_LENGTH:,} characters: {len(text):,}")
    if not text.strip():
        raise SyntaxFault(0, "the expression is empty")
    tree = _parsed(text)
    _refuse_comment(text)
    if _depth(tree) > MAX_DEPTH:
        raise SyntaxFault(0, f"nested more than {MAX_DEPTH} deep")
    return tree


def flat(text: str) -> str:
    """The text on one line, beginning with its first character that is not a space."""
    return re.sub(r"\s", " ", text).lstrip()


def position(text: str, byte_offset: int) -> int:
    """The index in `text` of what the tree has at `byte_offset`."""
    line = flat(text)
    return len(text) - len(line) + len(line.encode()[:byte_offset].decode(errors="ignore"))


def _parsed(text: str) -> ast.expr:
    """Python's parser, its odd ways of saying no turned into one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of unknown escapes and the like: nobody would see
            return ast.parse(flat(text), mode="eval").body
    except SyntaxError as error:
        raise _explained(text, error) from None
    except (ValueError, MemoryError, RecursionError):
        raise SyntaxFault(0, "not an expression, or nested too deeply") from None


def _explained(text: str, error: SyntaxError) -> SyntaxFault:
    """The mistake in our words if we know it, else in the parser's."""
    for at, hint in _known_mistakes(text):
        return SyntaxFault(at, f"not an expression: {hint}")
    offset = min(max((error.offset or 1) - 1, 0), len(flat(text)) - 1)
    return SyntaxFault(offset + len(text) - len(flat(text)), f"not an expression: {error.msg}")


def _known_mistakes(text: str) -> Iterator[tuple[int, str]]:
    """What people write who know another language, text in quotes left out."""
    bare = _QUOTED.sub(lambda quoted: " " * len(quoted.group()), text)
    for pattern, hint in _HINTS:
        if found := pattern.search(bare):
            yield found.start(), hint


def _refuse_comment(text: str) -> None:
    """Python ignores what follows a `#`; a rule must not be shorter than it looks."""
    bare = _QUOTED.sub(lambda quoted: " " * len(quoted.group()), text)
    if "#" in bare:
        raise SyntaxFault(bare.index("#"), "a comment may not stand inside an expression")


def _depth(tree: ast.AST) -> int:
    """How deep the tree is, counted without recursion."""
    depth, level = 0, [tree]
    while level:
        depth += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return depth
