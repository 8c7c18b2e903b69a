"""How long functions and files are, by folder: `python -m tests.house` prints it as a table.

The length of a function is the lines from its `def` to its last one, without its docstring and its
decorators; what is defined inside it counts for it too. The length of a file is all its lines.
"""

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
_NOT_OURS = ("tests/model/",)  # kept byte for byte
_Def = ast.FunctionDef | ast.AsyncFunctionDef
_EXCEPTION = re.compile(r"# *((ruff: )?noqa|type: ignore|fmt: (off|skip)|pragma)")
_EXPLAINED = re.compile(r"(noqa: [A-Z0-9, ]+ - |type: ignore\[[\w, -]+\] *# |fmt: skip *- )\w")


@dataclass(frozen=True, slots=True)
class Function:
    """`remarked`: whether a comment stands on the lines of its signature, or just above it."""

    place: str
    name: str
    lines: int
    remarked: bool


@dataclass(frozen=True, slots=True)
class File:
    """One file of Python: `unexplained` are its lint and type exceptions without a reason."""

    path: str
    lines: int
    functions: tuple[Function, ...]
    unexplained: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the table says of some files."""

    lines: int
    files: int
    file_median: float
    functions: int
    function_median: float
    function_90: int
    function_longest: int


def files_of(root: Path = ROOT) -> Sequence[File]:
    """All files that git knows, or would."""
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    paths = sorted(path for path in found if not path.startswith(_NOT_OURS))
    return [measure(path, (root / path).read_text(encoding="utf-8")) for path in paths]


def measure(path: str, text: str) -> File:
    """The sizes of one file."""
    comments = dict(_comments(text))
    functions = tuple(
        Function(f"{path}:{one.lineno}", one.name, _length(one), _is_remarked(one, comments))
        for one in ast.walk(ast.parse(text))
        if isinstance(one, _Def)
    )
    unexplained = tuple(
        f"{path}:{line}"
        for line, comment in comments.items()
        if _EXCEPTION.match(comment) and not _EXPLAINED.search(comment)
    )
    return File(path, len(text.splitlines()), functions, unexplained)


def sizes(files: Iterable[File]) -> Sizes:
    """All these files together."""
    files = list(files)
    lengths = sorted(one.lines for file in files for one in file.functions) or [0]
    return Sizes(
        sum(file.lines for file in files),
        len(files),
        median(file.lines for file in files),
        len(lengths),
        median(lengths),
        lengths[len(lengths) * 9 // 10],
        lengths[-1],
    )


def by_folder(files: Iterable[File]) -> Mapping[str, Sequence[File]]:
    """Source and tests apart, each as a whole and by its folders."""
    found: dict[str, list[File]] = {}
    for file in files:
        first, *rest = file.path.split("/")
        is_test = first == "tests"
        folder = f"tests/{rest[0]}" if is_test and len(rest) > 1 else first
        found.setdefault("**tests**" if is_test else "**source**", []).append(file)
        found.setdefault(f"`{folder}/`", []).append(file)
    return dict(sorted(found.items(), key=lambda one: ("tests" in one[0], one[0])))


def table(files: Iterable[File]) -> Iterator[str]:
    """The table in Markdown."""
    yield "| | lines | files | file, median | functions | function, median | 90 % | longest |"
    yield "|---|---|---|---|---|---|---|---|"
    for folder, inside in by_folder(files).items():
        one = sizes(inside)
        yield (
            f"| {folder} | {one.lines:,} | {one.files} | {one.file_median:g} | {one.functions:,} "
            f"| {one.function_median:g} | {one.function_90} | {one.function_longest} |"
        )


def _length(one: _Def) -> int:
    assert one.end_lineno is not None
    text = one.body[0] if ast.get_docstring(one, clean=False) is not None else None
    told = (text.end_lineno or 0) - text.lineno + 1 if text else 0
    return one.end_lineno - one.lineno + 1 - told


def _is_remarked(one: _Def, comments: Mapping[int, str]) -> bool:
    above = min((d.lineno for d in one.decorator_list), default=one.lineno) - 1
    return any(line in comments for line in range(above, one.body[0].lineno))


def _comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(iter(text.splitlines(keepends=True)).__next__):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in table(files_of()))
