"""The fenced blocks of a page, in order, each with the one behind it that shows what it prints."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two fences; `line`: of the first of them."""

    language: str
    text: str
    line: int
    prints: str | None = None


def blocks(page: str) -> Iterator[Block]:
    r"""All blocks; a `text` block is what the one before it prints, and none of its own.

    >>> (block,) = blocks("```sh\na\n```\n\n```text\nb\n```\n")
    >>> block
    Block(language='sh', text='a\n', line=1, prints='b\n')
    """
    found = list(_FENCED.finditer(page))
    for block, behind in zip(found, [*found[1:], None], strict=True):
        if block[1] == "text":
            continue
        prints = behind[2] if behind is not None and behind[1] == "text" else None
        yield Block(block[1], block[2], page.count("\n", 0, block.start()) + 1, prints)


def shows(expected: str, printed: str) -> bool:
    r"""Whether this was printed, but for spaces; `...` stands for anything, in lines or for lines.

    >>> shows("a  1\n...\nb ... c", "a 1\nx\ny\nb 7 c\n"), shows("...\nb", "b\n")
    (True, True)
    >>> shows("a", "a\nb\n"), shows("a ... b", "a\nb\n")
    (False, False)
    """
    lines = [" ".join(line.split()) for line in expected.strip().splitlines()]
    pattern = "".join(
        r"(?:.*\n)*" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
        for line in lines
    )
    said = "".join(" ".join(line.split()) + "\n" for line in printed.splitlines() if line.strip())
    return re.fullmatch(pattern, said) is not None
