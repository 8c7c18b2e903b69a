"""`burst`: more than `count` events in a short time that say nearly nothing.

The newest `count + 1` are kept (see `recent`). An event is a hit if it is one of them, they all
lie within the span, and they have at most `distinct_content` different contents.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from schemas.alerts import evidence_of
from streams.aggregates.figure import Source
from streams.catalogue.parameters import COUNT, WITHIN, Parameter, count
from streams.compiler.code import Lines, StateField
from streams.detectors.kind import Hit, Kind, describe, duration
from streams.detectors.recent import keep, shown

Said = tuple[int, str, str, int | None, int | None]
"""Time, source, id and amount of an event, and the hash of its content."""


def bursts(recent: list[Said], said: Said, count: int, within: int, contents: int) -> bool:
    """Keep the event; whether more than `count` lie in the span and say the same few things.

    >>> kept = []
    >>> [bursts(kept, (t, "app", f"e{t}", None, hash), 2, 10, 1) for t, hash in
    ...  ((0, 7), (1, 7), (2, None), (3, 8), (4, 8), (5, 8))]
    [False, False, True, False, True, True]
    """
    if not keep(recent, said, count + 1, within) or len(recent) <= count:
        return False
    return contents_of(recent) <= contents


def contents_of(recent: list[Said]) -> int:
    """How many different contents; an event without content says none."""
    return len({said[4] for said in recent} - {None})


def burst_evidence(recent: list[Said], within: int) -> dict[str, object]:
    """The latest events, how many within how long, and how many contents they have."""
    contents = contents_of(recent)
    return evidence_of(shown(recent), count=len(recent), within=within, contents=contents)


@dataclass(frozen=True, slots=True)
class Burst(Kind):
    """Keeps the newest `count + 1` events with the hashes of their contents."""

    takes: ClassVar[Mapping[str, Parameter]] = {
        "count": COUNT,
        "within": WITHIN,
        "distinct_content": count("at most so many different contents"),
    }
    looks_at: ClassVar[str | None] = "content"
    functions: ClassVar[dict[str, object]] = {
        "Hit": Hit,
        "bursts": bursts,
        "burst_evidence": burst_evidence,
    }

    @property
    def text(self) -> str:
        """How many events within how long with how few contents."""
        within, contents = duration(self.parameter("within")), self.parameter("distinct_content")
        what = f"more than {self.parameter('count')} within {within}, at most {contents} contents"
        return describe(self.detector, what)

    def fields(self) -> list[StateField]:
        """The newest events."""
        return [StateField(f"recent_{self.detector.name}", list[Said], [])]

    def hit(self, source: Source) -> tuple[Lines, str]:
        """See `bursts`."""
        said = f"(time, event.source, event.id, {source['amount']}, {source['content_hash']})"
        limits = ("count", "within", "distinct_content")
        numbers = ", ".join(str(self.parameter(limit)) for limit in limits)
        return [], f"bursts(s.recent_{self.detector.name}, {said}, {numbers})"

    def evidence(self, source: Source) -> str:  # noqa: ARG002 - it is in what is kept
        """See `burst_evidence`."""
        return f"burst_evidence(s.recent_{self.detector.name}, {self.parameter('within')})"
