"""The lines of all shares of a replay as one sequence, in the order of their places."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from agents.offline.batches import FIRST, LAST, Batch, Counts, Place
from agents.offline.lines import Advance
from agents.offline.replay import Summary
from agents.offline.sink import ALERTS, CHANGES, FILES

Lines = tuple[list[Place], list[bytes]]
"""Places, and the line at each."""

_NUMBERED: Final = (CHANGES, ALERTS)
_UNNUMBERED: Final = len(b'{"seq":0')


class LineSink(Protocol):
    """Where lines go that are encoded already."""

    def write(self, name: str, lines: Sequence[bytes]) -> None:
        """Keep lines of a file, each without its end."""


def collect(
    parts: int, receive: Callable[[int], Batch], sink: LineSink, advance: Advance
) -> Summary:
    """Write what all shares tell, in order and numbered; `receive` gives a share's next batch."""
    merge, summary, written = Merge(parts), Summary(), Counter[str]()
    while (part := merge.behind) is not None:
        batch = receive(part)
        advance(batch.read)
        for name, lines in merge.take(part, batch):
            sink.write(name, _numbered(lines, written[name]) if name in _NUMBERED else lines)
            written[name] += len(lines)
        if batch.counts is not None:
            _add(summary, batch.counts)
    summary.changes, summary.alerts = written[CHANGES], written[ALERTS]
    return summary


class Merge:
    """Takes batches, and gives the lines that no share can get ahead of any more.

    Take the next batch always from the share that is `behind`: then of each other one hardly more
    than a batch is waiting.
    """

    def __init__(self, parts: int) -> None:
        self._upto = [FIRST] * parts
        self._waiting: dict[str, list[Lines]] = {
            name: [([], []) for _ in range(parts)] for name in FILES
        }

    @property
    def behind(self) -> int | None:
        """The share that has told least; None if all have told everything."""
        least = min(self._upto)
        return None if least == LAST else self._upto.index(least)

    def take(self, part: int, batch: Batch) -> Iterator[tuple[str, list[bytes]]]:
        """Take a batch of a share; return the lines that now have their place, by file."""
        self._upto[part] = batch.upto
        for name, (places, text) in batch.lines.items():
            waiting = self._waiting[name][part]
            waiting[0].extend(places)
            waiting[1].extend(text.split(b"\n")[:-1])
        upto = min(self._upto)
        for name, shares in self._waiting.items():
            ready = [_cut(lines, upto) for lines in shares if lines[0]]
            yield name, _in_order([lines for lines in ready if lines[0]])


def _cut(lines: Lines, upto: Place) -> Lines:
    """Take the lines up to and including a place away."""
    places, texts = lines
    end = bisect_right(places, upto)
    taken = places[:end], texts[:end]
    del places[:end], texts[:end]
    return taken


def _in_order(shares: list[Lines]) -> list[bytes]:
    """Lay sorted runs together; they have no place in common."""
    if len(shares) == 1:
        return shares[0][1]
    places = [place for share in shares for place in share[0]]
    texts = [text for share in shares for text in share[1]]
    return [texts[at] for at in sorted(range(len(places)), key=places.__getitem__)]


def _numbered(lines: Sequence[bytes], before: int) -> list[bytes]:
    """Put the number in the place of the 0 with which every change and alert begins."""
    return [
        b'{"seq":%d%b' % (seq, line[_UNNUMBERED:]) for seq, line in enumerate(lines, before + 1)
    ]


def _add(summary: Summary, counts: Counts) -> None:
    summary.clock = counts.clock  # the same for all
    summary.users += counts.users
    summary.after_until += counts.after_until
    summary.outcomes.update(counts.outcomes)
    summary.rejected.update(counts.rejected)
