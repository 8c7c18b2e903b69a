"""Measures that cannot subtract: each bucket keeps a part, the value is made from all parts.

The ring is `[bucket, part, bucket, part, ...]`, oldest first. Any bucket that leaves may change
the value, so the deadline is the next bucket's exit.
"""

from dataclasses import dataclass
from typing import ClassVar

from streams.aggregates.figure import Figure
from streams.catalogue.model import Window
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
        window = self.measure.window
        assert window is not None
        ring = f"s.ring_{self.measure.name}"
        return [
            f"bucket = time // {window.step}",
            f"ring, part = {ring}, {part}",
            *self._gone(window),
            "if bucket <= gone:",
            "    late = True",
            # no rule may have looked since the ring was emptied; under a new catalogue one may
            f"    {self.current} = {self.result}(ring[1::2])",
            "else:",
            "    place = slot(ring, bucket, part)",
            *indent(self.merge("part")),
            f"    new = {self.result}(ring[1::2])",
            *indent(self.store()),
        ]

    def _gone(self, window: Window) -> Lines:
        return [
            f"gone = at // {window.step} - {window.width // window.step}",
            "if ring and ring[0] <= gone:",
            "    drop(ring, gone)",
        ]

    def _exit(self) -> Lines:
        window = self.measure.window
        if window is None:
            return []
        ring = f"s.ring_{self.measure.name}"
        return block(
            f"if {ring}", sooner(f"({ring}[0] + {window.width // window.step}) * {window.step}")
        )

    def advance(self) -> Lines:
        """Drop what has left and make the value anew."""
        window = self.measure.window
        if window is None:
            return []
        return [
            f"ring = s.ring_{self.measure.name}",
            *self._gone(window),
            f"    {self.current} = {self.result}(ring[1::2])",
        ]

    def deadline(self) -> Lines:
        """The next bucket's exit; for a time also its ages."""
        # zero arguments super() needs the class cell, which a slotted dataclass replaces
        ages_of = Figure.deadline(self)
        return [*ages_of, *(self._exit() if self.uses.any else [])]
