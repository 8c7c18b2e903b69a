"""Lines become events, and several files one sequence by event time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from heapq import merge
from itertools import chain, repeat
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import NamedTuple

from agents.offline.lines import NO_END, Advance, Line, read_blocks, read_lines
from schemas.events import Event
from schemas.rejects import Rejected
from schemas.routing import route
from schemas.topics import InputTopic

Decode = Callable[[bytes], Event]
"""The event in a line; raises Rejected."""

DecodeAll = Callable[[Sequence[bytes]], Sequence[Event | Rejected]]
"""What each of many lines is."""


class Refused(NamedTuple):
    """A line that is no event, and the reason.

    `time` is that of the event before it in its file (ms, -1 if there is none); `topic` the
    logical topic, None for a line that does not tell its type.
    """

    line: Line
    time: int
    topic: InputTopic | None
    rejected: Rejected


def read_events(
    files: Sequence[Path], decode: DecodeAll, advance: Advance, ends: Iterable[int] = ()
) -> Iterator[Event | Refused]:
    """Return what is in all files in one sequence: always the earliest of their next lines.

    Each file keeps its own order, so an event that is late in its file is late here too. Ties
    go by the order of the files. `ends`: after how many bytes each ends, if it has grown since.
    """
    known = chain(ends, repeat(NO_END))
    decoded = [decode_lines(path, decode, advance, next(known)) for path in files]
    return decoded[0] if len(decoded) == 1 else merge(*decoded, key=attrgetter("time"))


def decode_lines(
    path: Path, decode: DecodeAll, advance: Advance, end: int = NO_END
) -> Iterator[Event | Refused]:
    """Return each line of a file that is not blank, decoded, in order."""
    event: Event | None = None
    for first, block in read_blocks(path, advance, end):
        for number, one in enumerate(decode(block), first):
            if not isinstance(one, Rejected):
                event = one
                yield one
            elif stripped := block[number - first].strip():
                line = Line(str(path), number, stripped)
                yield Refused(line, event.time if event else -1, _topic_of(line), one)


def merge_lines(files: Sequence[Path], decode: Decode, advance: Advance) -> Iterator[Line]:
    """Return the lines of all files as they stand, in the sequence of `read_events`."""
    timed = (_timed(read_lines(path, advance), decode) for path in files)
    return (line for _, line in merge(*timed, key=itemgetter(0)))


def _timed(lines: Iterable[Line], decode: Decode) -> Iterator[tuple[int, Line]]:
    time = -1
    for line in lines:
        with suppress(Rejected):
            time = decode(line.data).time
        yield time, line


def _topic_of(line: Line) -> InputTopic | None:
    try:
        return route(line.data)
    except Rejected:
        return None
