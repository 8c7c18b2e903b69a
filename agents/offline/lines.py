"""Lines of event files, with their place, and how far reading has come."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from agents.errors import WrongUse

LONGEST = 1024 * 1024
"""Of a longer line only so many bytes are kept: far more than an event may have."""

Advance = Callable[[int], object]
"""Told how many bytes have been read since it was last told."""

NO_END = 1 << 62

_BLOCK = 256 * 1024  # bytes


class Line(NamedTuple):
    """One line of a file, numbered from 1, without its end."""

    file: str
    number: int
    data: bytes


def require_files(paths: Iterable[Path]) -> int:
    """Return the size of all files (a pipe: 0). Raises WrongUse if one cannot be read."""
    return sum(map(_size, paths))


def read_lines(path: Path, advance: Advance) -> Iterator[Line]:
    """Return the lines of a file that are not blank, in order."""
    file = str(path)
    for first, block in read_blocks(path, advance):
        for number, data in enumerate(block, first):
            if stripped := data.strip():
                yield Line(file, number, stripped)


def read_blocks(
    path: Path, advance: Advance, end: int = NO_END
) -> Iterator[tuple[int, list[bytes]]]:
    """Return all lines as they stand, many at a time with the number of the first.

    So a line costs one step of a loop; in memory are one block and LONGEST at most. As if the
    file ended after `end` bytes at the latest.
    """
    number, rest = 1, b""
    with path.open("rb", buffering=0) as source:
        while data := source.read(min(_BLOCK, end)):
            advance(len(data))
            end -= len(data)
            *lines, rest = (rest + data).split(b"\n")
            if lines:
                lines[0] = lines[0][:LONGEST]  # the others fit into one block
                yield number, lines
            number += len(lines)
            rest = rest[:LONGEST]
    if rest:
        yield number, [rest]


def _size(path: Path) -> int:
    if not path.exists():
        raise WrongUse(f"{path} does not exist")
    if path.is_dir() or not os.access(path, os.R_OK):
        raise WrongUse(f"{path} cannot be read: it is to be a file of events, one JSON a line")
    return path.stat().st_size
