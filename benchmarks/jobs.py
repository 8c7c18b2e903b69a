"""What our worker can be measured on: a catalogue, and the events that it is given.

The tag job is everybody's, peers' too; the packaged catalogue, with all its tags and
detectors on the same events, is what a lending community runs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agents.settings import PACKAGED_CATALOGUE
from benchmarks.events import events
from benchmarks.place import CATALOGUE
from streams.catalogue.load import load
from streams.engine import Engine


class Input(Protocol):
    """An event as our worker gets it: logical topic, key, value, record timestamp (ms)."""

    @property
    def topic(self) -> str:
        """Logical topic."""
        ...

    @property
    def key(self) -> bytes:
        """Kafka's key."""
        ...

    @property
    def ours(self) -> bytes:
        """Kafka's value."""
        ...

    @property
    def time(self) -> int:
        """The record's timestamp."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """`topics`: those that have events. `events(number, users)`: the input, always the same."""

    catalogue: Path
    topics: tuple[str, ...]
    events: Callable[[int, int], Iterator[Input]]

    def engine(self) -> Engine:
        """Return the offline engine of the job."""
        return Engine(load(self.catalogue.read_text(encoding="utf-8"), str(self.catalogue)))


TAG_JOB = Job(CATALOGUE, ("interactions", "transactions"), events)
PACKAGED = Job(PACKAGED_CATALOGUE, TAG_JOB.topics, events)
