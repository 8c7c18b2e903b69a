"""`top: FIELD`: the most frequent value, of at most 64; ties: the alphabetically first.

Kept is how often each value came; for a window in each bucket. A 65th value is not counted
until one of the others has left the window.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from streams.aggregates.figure import Source
from streams.aggregates.folded import Folded
from streams.catalogue.forms import Form, of_field
from streams.compiler.code import Lines, StateField, block

MOST = 64
Counts = dict[str, int]


def most_frequent(parts: Iterable[Mapping[str, int]]) -> str | None:
    """The value that came most often.

    >>> most_frequent([{"b": 2, "c": 1}, {"c": 1, "a": 1}])
    'b'
    """
    total: Counts = {}
    for part in parts:
        for value, count in part.items():
            total[value] = total.get(value, 0) + count
    most = max(total.values(), default=0)
    return min((value for value, count in total.items() if count == most), default=None)


def tally(counts: Counts, value: str) -> None:
    """Count a value."""
    if value in counts or len(counts) < MOST:
        counts[value] = counts.get(value, 0) + 1


def tally_in(ring: list[Any], place: int, value: str) -> None:
    """Count a value in the bucket whose part stands at `place`."""
    known = set[str]().union(*ring[1::2])
    if value in known or len(known) < MOST:
        ring[place][value] = ring[place].get(value, 0) + 1


@dataclass(frozen=True, slots=True)
class Top(Folded):
    """The value, and the counts that it comes from."""

    form: ClassVar[Form] = of_field(
        "the most frequent value of an event field", ("text",), gives="text"
    )
    result: ClassVar[str] = "most_frequent"
    functions: ClassVar[dict[str, object]] = Folded.functions | {
        "most_frequent": most_frequent,
        "tally": tally,
        "tally_in": tally_in,
    }

    def fields(self) -> list[StateField]:
        """The value, and the counts or the ring of them."""
        name = self.measure.name
        value = StateField(f"m_{name}", str | None, None)
        if self.measure.window:
            return [value, self.ring(int | Counts)]
        return [value, StateField(f"counts_{name}", Counts | None, None)]

    def fold(self, source: Source) -> Lines:
        """Count the event's value."""
        value = [f"new = {self.field_source(source)}"]
        if self.measure.window:
            # any exit may now bring another value, even where this event brought none
            exits = self._exit() if self.uses.any else []
            return [*value, *block("if new is not None", [*self.fold_bucket("{}"), *exits])]
        counts = f"s.counts_{self.measure.name}"
        count = [
            f"counts = {counts}",
            "if counts is None:",
            f"    {counts} = counts = {{}}",
            "tally(counts, new)",
            f"new = {self.result}((counts,))",
            *self.store(),
        ]
        return [*value, *block("if new is not None", count)]

    def merge(self, value: str) -> Lines:  # noqa: ARG002 - what is merged is the event's value
        """One more in the bucket."""
        return ["tally_in(ring, place, new)"]
