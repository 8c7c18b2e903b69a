"""What all pages mention: code between backticks or fences, commands in it, links, names.

Each finding comes with the page that it stands in, so that a failing test says where to mend.
"""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_INDENTED = re.compile(r"(?<=\n\n)((?: {4}.*\n)+)")
_SPAN = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PROGRAM = re.compile(
    r"^(?:\$ )?((?:[A-Z_]+=\S+ )*)(?:\S*/)?(tagstream|make|python -m) (?=[\w-])(.*)$"
)
_ENDS_A_COMMAND = {"|", ">", "2>", "2>>", ">>", "&", "<", ";"}


@cache
def pages() -> dict[str, str]:
    """The text of every page, by its path."""
    files = (
        file for place in ("*.md", "docs/**/*.md", "deploy/**/*.md") for file in ROOT.glob(place)
    )
    return {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}


def code(page: str) -> Iterator[str]:
    """Lines of blocks, and what stands between backticks (which may be broken over two lines)."""
    for block in (*_FENCED.findall(page), *_INDENTED.findall(page)):
        yield from map(str.strip, block.replace("\\\n", " ").splitlines())
    for span in _SPAN.findall(_FENCED.sub("", page)):
        yield " ".join(span.split())


def commands() -> list[tuple[str, str, list[str]]]:
    """Page, program (`tagstream`, `make`, `python -m`) and words of each command, once a page."""
    found = {
        (name, program[2], program[3])
        for name, page in pages().items()
        for line in code(page)
        if (program := _PROGRAM.match(line))
    }
    return [(page, program, words(rest)) for page, program, rest in sorted(found)]


def words(text: str) -> list[str]:
    """The words of a command, up to where its output goes; what may be left out is taken.

    >>> words("dlq show PLACE... [--content] | less  # all")
    ['dlq', 'show', 'PLACE...', '--content']
    """
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, "#"
    taken = list[str]()
    for word in lexer:
        if word in _ENDS_A_COMMAND:
            break
        taken.append(word.strip("[],"))
    return taken


def links() -> list[tuple[str, str]]:
    """Page and target of each link to another file of ours, or into a page."""
    return [
        (name, target)
        for name, page in pages().items()
        for target in _LINK.findall(_SPAN.sub("", _FENCED.sub("", page)))
        if not re.match(r"[a-z]+:", target)
    ]


def mentioned(pattern: str) -> list[tuple[str, str]]:
    """Page and name of everything that a pattern finds, each once a page."""
    found = re.compile(pattern)
    return sorted({(name, one) for name, page in pages().items() for one in found.findall(page)})
