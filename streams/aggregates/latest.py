"""`last: FIELD`, `first: FIELD`, `attribute: NAME`: by event time, ties by `(source, id)`."""

from dataclasses import dataclass
from typing import ClassVar

from streams.aggregates.figure import Source, kept_type
from streams.aggregates.folded import Folded
from streams.catalogue.forms import Form, of_field
from streams.catalogue.model import Type
from streams.compiler.code import Lines, StateField, block
from streams.compiler.sources import source_field

ANY: tuple[Type, ...] = ("number", "money", "time", "text")

Part = tuple[int, str, str, object]
"""Time, source, id: what decides; then the value."""


def newest(parts: list[Part]) -> object:
    """The value of the last part: the parts stand in the order of time."""
    return parts[-1][3] if parts else None


def oldest(parts: list[Part]) -> object:
    """The value of the first part."""
    return parts[0][3] if parts else None


@dataclass(frozen=True, slots=True)
class Last(Folded):
    """The value, and `from`: the place of its event in the user's `events`."""

    form: ClassVar[Form] = of_field("the latest value of an event field", ANY)
    beats: ClassVar[str] = ">"
    result: ClassVar[str] = "newest"
    functions: ClassVar[dict[str, object]] = Folded.functions | {"newest": newest}

    def fields(self) -> list[StateField]:
        """The value; its event unless the value is the time itself; a ring for a window."""
        name = self.measure.name
        kind = kept_type(self.measure)
        value = StateField(f"m_{name}", kind, None)
        if self.measure.window:
            return [value, self.ring(int | tuple[int, str, str, kind])]  # type: ignore[valid-type] # made at run time
        if self.measure.field == "time":
            return [value]
        return [value, source_field(name)]

    def fold(self, source: Source) -> Lines:
        """Keep the event's value if the event beats the one that is kept."""
        value = [f"new = {self.field_source(source)}"]
        if self.measure.window:
            part = "(time, event.source, event.id, new)"
            return [*value, *block("if new is not None", self.fold_bucket(part))]
        if self.measure.field == "time":
            best = self.current
            return [*value, *block(f"if {best} is None or new {self.beats} {best}", self.store())]
        return [*value, *block("if new is not None", self.keep())]

    def keep(self) -> Lines:
        """Keep `new` if its event beats the one that is kept."""
        place = f"s.from_{self.measure.name}"
        beaten = f"{place} < 0 or key {self.beats} s.events[{place}]"
        return [
            "key = (time, event.source, event.id)",
            *block(f"if {beaten}", [f"{place} = place_of(s, key)", *self.store()]),
        ]

    def merge(self, value: str) -> Lines:
        """The better event of the bucket."""
        return [f"if {value}[:3] {self.beats} ring[place][:3]:", f"    ring[place] = {value}"]


@dataclass(frozen=True, slots=True)
class First(Last):
    """The same, the other way round."""

    form: ClassVar[Form] = of_field("the earliest value of an event field", ANY)
    beats: ClassVar[str] = "<"
    result: ClassVar[str] = "oldest"
    functions: ClassVar[dict[str, object]] = Folded.functions | {"oldest": oldest}
