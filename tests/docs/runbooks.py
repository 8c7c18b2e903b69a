"""What the runbooks tell somebody to type: their blocks of commands and of expressions."""

from collections.abc import Iterator

from tests.deploy.expressions import RUNBOOKS
from tests.docs.blocks import blocks

PAGES = sorted(page.stem for page in RUNBOOKS.glob("*.md") if page.name != "README.md")


def text(page: str) -> str:
    """The page of an alert, by its file's name without the ending."""
    return (RUNBOOKS / f"{page}.md").read_text(encoding="utf-8")


def lines(page: str, language: str) -> list[str]:
    """Every line of its blocks in `sh` or `promql`."""
    found = (block.text for block in blocks(text(page)) if block.language == language)
    return [line for block in found for line in block.splitlines()]


def commands(page: str) -> list[str]:
    """What it tells to type in a shell."""
    return lines(page, "sh")


def all_commands() -> Iterator[str]:
    """Those of all pages, each once."""
    yield from sorted({command for page in PAGES for command in commands(page)})


def alert(page: str) -> str:
    """The alert that it is for."""
    return text(page).splitlines()[0].removeprefix("# ")
