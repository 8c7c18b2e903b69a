"""What a planted story is made of; shared by the files of this folder."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


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

    `enough`: so many events of the story, and the detector has to have spoken.
    """

    enough: int
    script: Script
    lookalikes: tuple[Script, ...]
