"""Measures that cannot subtract: each bucket keeps a part, the value is made from all parts.

The ring is `[bucket, part, bucket, part, ...]`, oldest first. Any bucket that leaves may change
the value, so the deadline is the next bucket's exit.
"""

from dataclasses import dataclass
from typing import ClassVar

from streams.aggregates.figure import Figure
from streams.compiler.code import Lines, block, indent, sooner
from streams.windows import ages, drop, next_age, slot


@dataclass(frozen=True, slots=True)
class Folded(Figure):
    """`result` names the function that makes the value from the parts, oldest first."""

    result: ClassVar[str] = ""
    functions: ClassVar[dict[str, object]] = {
        "drop": drop,
        "slot": slot,
        "ages": ages,
        "next_age": next_age,
    }

    def merge(self, value: str) -> Lines:
        """Take `value` into the part `ring[place]`, which exists."""
        raise NotImplementedError

    def fold_bucket(self, part: str) -> Lines:
        """Take `part`, what one event makes alone, into the bucket of the event."""
        return [
            self.bucket_of_event(),
            f"ring, part = s.buckets_{self.measure.name}, {part}",
            *self._gone(),
            "if bucket <= gone:",
            "    late = True",
            # no rule may have looked since the ring was emptied; under a new catalogue one may
            "    if ring is not None:",
            f"        {self.current} = {self.result}(ring[1::2])",
            "else:",
            *indent(self.begin_ring()),
            "    place = slot(ring, bucket, part)",
            *indent(self.merge("part")),
            f"    new = {self.result}(ring[1::2])",
            *indent(self.store()),
        ]

    def _gone(self) -> Lines:
        return [
            self.gone_by_now(),
            "if ring and ring[0] <= gone:",
            "    drop(ring, gone)",
        ]

    def _exit(self) -> Lines:
        if self.measure.window is None:
            return []
        ring = f"s.buckets_{self.measure.name}"
        return block(f"if {ring}", sooner(self.exit_of(f"{ring}[0]")))

    def advance(self) -> Lines:
        """Drop what has left and make the value anew."""
        if self.measure.window is None:
            return []
        return [
            f"ring = s.buckets_{self.measure.name}",
            *self._gone(),
            f"    {self.current} = {self.result}(ring[1::2])",
        ]

    def deadline(self) -> Lines:
        """The next bucket's exit; for a time also its ages."""
        # zero arguments super() needs the class cell, which a slotted dataclass replaces
        ages_of = Figure.deadline(self)
        return [*ages_of, *(self._exit() if self.uses.any else [])]
