"""Lines become events, and several files one sequence by event time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from agents.offline.lines import Advance, Line, read_lines
from schemas.decode import Decoder
from schemas.events import Event
from schemas.rejects import Rejected
from schemas.routing import route

Decode = Callable[[bytes], tuple[str, Event]]
"""The logical topic of a line and its event; raises Rejected."""


class Decoded(NamedTuple):
    """A line and what it holds: an event, or the reason why not.

    `time` is the event's time in ms; a rejected line has that of the event before it in its
    file. `topic` is the logical topic, None for a line that does not tell its type.
    """

    line: Line
    time: int
    topic: str | None
    event: Event | None
    rejected: Rejected | None = None


def decode_lines(lines: Iterable[Line], decode: Decode) -> Iterator[Decoded]:
    """Each line decoded, in order."""
    time = -1
    for line in lines:
        try:
            topic, event = decode(line.data)
        except Rejected as rejected:
            yield Decoded(line, time, _topic_of(line), None, rejected)
        else:
            time = event.time
            yield Decoded(line, time, topic, event)


def merge_files(files: Sequence[Iterator[Decoded]]) -> Iterator[Decoded]:
    """One sequence: always the earliest of the files' next lines, ties in the order of the files.

    Each file keeps its own order, so an event that is late in its file is late here too.
    """
    return files[0] if len(files) == 1 else merge(*files, key=attrgetter("time"))


def decoding(decoder: Decoder, now: int) -> Decode:
    """Decode lines as if they all arrived at `now` (ms)."""
    return lambda line: decoder.decode_line(line, now)


def read_events(files: Sequence[Path], decode: Decode, advance: Advance) -> Iterator[Decoded]:
    """Return the events of all files in one sequence."""
    return merge_files([decode_lines(read_lines(path, advance), decode) for path in files])


def _topic_of(line: Line) -> str | None:
    try:
        return route(line.data)
    except Rejected:
        return None
