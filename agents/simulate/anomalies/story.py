"""What a planted story is made of; shared by the files of this folder."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from agents.simulate.local_time import DAY, local_hour
from agents.simulate.rhythm import BUSY


@dataclass(frozen=True, slots=True)
class Draft:
    """One event of a story: when, of which type, and its fields as JSON, `,"name":value...`."""

    at: int
    type: str
    fields: str


Script = Callable[[Random, int, int], list[Draft]]
"""Writes a story of one member: chance, start and length of the span (ms) that it has to fit in.

An empty list: this story does not fit into so short a span.
"""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """How a detector's case is played, and the stories that only look like it.

    `enough`: so many events of the story, and the detector has to have spoken; None: all.
    `alone`: the member does nothing else. `room`: how long a span the story needs.
    """

    script: Script
    lookalikes: tuple[Script, ...]
    enough: int | None = None
    alone: bool = False
    room: int = 0


RingScript = Callable[[Random, int, int], list[list[Draft]]]
"""As a `Script`, of several members: what each of them does."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A case that only shows across members, and the stories that only look like it.

    `enough`: so many events of all members together, and the detector has to have spoken.
    `most`: how many members a story has at most.
    """

    script: RingScript
    lookalikes: tuple[RingScript, ...]
    enough: int
    most: int


def numbered(rng: Random, texts: tuple[str, ...]) -> str:
    """One of the texts with a telephone: two members do not say the same by accident."""
    chance = rng.random()
    return f"{texts[int(chance * len(texts))]} {10_000_000 + int(chance * 9e7)}"


def begin(rng: Random, start: int, span: int, length: int) -> int:
    """When a story of this length begins; the last tenth of what room there is stays free."""
    return start + int(rng.random() * 0.9 * (span - length))


def waking(rng: Random, start: int, end: int) -> int:
    """A moment between the two at which people are awake, if there is one in a few draws."""
    at = start
    for _ in range(20 if end - start > DAY // 2 else 1):
        at = start + int(rng.random() * (end - start))
        if rng.random() * max(BUSY) < BUSY[local_hour(at)]:
            break
    return at


def moments_of(rng: Random, start: int, end: int, count: int) -> list[int]:
    """So many waking moments, in order."""
    return sorted(waking(rng, start, end) for _ in range(count))
