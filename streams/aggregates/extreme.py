"""`max: FIELD` and `min: FIELD`: the greatest or least value of a field."""

from dataclasses import dataclass
from typing import ClassVar

from streams.aggregates.figure import Source, kept_type
from streams.aggregates.folded import Folded
from streams.catalogue.forms import Form, of_field
from streams.catalogue.model import Type
from streams.compiler.code import Lines, StateField, block

ORDERED: tuple[Type, ...] = ("number", "money", "time")


def greatest(values: list[int]) -> int | None:
    """The greatest of what the buckets hold."""
    return max(values, default=None)


def least(values: list[int]) -> int | None:
    """The least of what the buckets hold."""
    return min(values, default=None)


@dataclass(frozen=True, slots=True)
class Max(Folded):
    """Without a window one number; with one, the greatest of each bucket."""

    form: ClassVar[Form] = of_field("the largest value of an event field", ORDERED)
    beats: ClassVar[str] = ">"
    result: ClassVar[str] = "greatest"
    functions: ClassVar[dict[str, object]] = Folded.functions | {"greatest": greatest}

    def fields(self) -> list[StateField]:
        """The number, and the ring of the buckets' numbers."""
        best = StateField(f"m_{self.measure.name}", kept_type(self.measure), None)
        return [best, self.ring()] if self.measure.window else [best]

    def fold(self, source: Source) -> Lines:
        """Keep the event's number if it beats what is there."""
        value = [f"new = {self.field_source(source)}"]
        if self.measure.window:
            return [*value, *block("if new is not None", self.fold_bucket("new"))]
        best = self.current
        beaten = block(
            f"if new is not None and ({best} is None or new {self.beats} {best})", self.store()
        )
        return [*value, *beaten]

    def merge(self, value: str) -> Lines:
        """The better of the bucket's number and the event's."""
        return [f"if {value} {self.beats} ring[place]:", f"    ring[place] = {value}"]


@dataclass(frozen=True, slots=True)
class Min(Max):
    """The same, the other way round."""

    form: ClassVar[Form] = of_field("the smallest value of an event field", ORDERED)
    beats: ClassVar[str] = "<"
    result: ClassVar[str] = "least"
    functions: ClassVar[dict[str, object]] = Folded.functions | {"least": least}
