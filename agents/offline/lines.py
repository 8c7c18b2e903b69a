"""Lines of event files, with their place, and how far reading has come."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from agents.errors import WrongUse

LONGEST = 1024 * 1024
"""Of a longer line only so many bytes are kept: far more than an event may have."""

Advance = Callable[[int], object]
"""Told how many bytes have been read since it was last told."""

_TELL_EACH = 256 * 1024  # bytes


class Line(NamedTuple):
    """One line of a file, numbered from 1, without its end."""

    file: str
    number: int
    data: bytes


def require_files(paths: Iterable[Path]) -> int:
    """Return the size of all files (a pipe: 0). Raises WrongUse if one cannot be read."""
    return sum(map(_size, paths))


def read_lines(path: Path, advance: Advance) -> Iterator[Line]:
    """Return the lines of a file that are not blank, in order; in memory only one at a time."""
    read, file = 0, str(path)
    with path.open("rb") as source:
        for number, data in enumerate(_bounded(source), 1):
            read += len(data)
            if read > _TELL_EACH:
                advance(read)
                read = 0
            if stripped := data.strip():
                yield Line(file, number, stripped)
    advance(read)


def _bounded(source: BinaryIO) -> Iterator[bytes]:
    """Lines of a file, each cut off at LONGEST."""
    while data := source.readline(LONGEST):
        yield data
        while len(data) == LONGEST and not data.endswith(b"\n"):
            data = source.readline(LONGEST)


def _size(path: Path) -> int:
    if not path.exists():
        raise WrongUse(f"{path} does not exist")
    if path.is_dir() or not os.access(path, os.R_OK):
        raise WrongUse(f"{path} cannot be read: it is to be a file of events, one JSON a line")
    return path.stat().st_size
