"""Measures that add up: each event adds a whole number, what leaves the window is subtracted."""

from dataclasses import dataclass
from typing import ClassVar

from streams.aggregates.figure import Figure, Source
from streams.compiler.code import Lines, StateField, block, indent, sooner
from streams.windows import crosses, evict, first_below, put


@dataclass(frozen=True, slots=True)
class Additive(Figure):
    """A total, with a sparse ring of buckets if there is a window.

    `evicting` and `below` name the functions that drop buckets and foresee a fall below a band.
    """

    evicting: ClassVar[str] = "evict"
    below: ClassVar[str] = "first_below"
    may_miss: ClassVar[bool] = False
    functions: ClassVar[dict[str, object]] = {
        "put": put,
        "evict": evict,
        "crosses": crosses,
        "first_below": first_below,
    }

    def amount(self, source: Source) -> str:
        """The Python of what one event adds: a whole number, None if it adds nothing."""
        raise NotImplementedError

    @property
    def falls(self) -> bool:
        """Whether the total only falls while time passes: no amount is negative."""
        return True

    @property
    def bands(self) -> tuple[int, ...]:
        """The constants that the total can cross: what begins at 0 and adds up is never below."""
        return tuple(sorted(band for band in self.uses.bands if band > 0 or not self.falls))

    @property
    def watched(self) -> bool:
        """Whether some rule could tell a change of the total."""
        return self.uses.always or bool(self.bands)

    @property
    def banded(self) -> bool:
        """Whether the value matters only where it crosses a constant."""
        return bool(self.bands) and not self.uses.always and self.falls

    @property
    def shown(self) -> str:
        """A whole number, or money."""
        return f"money({self.current})" if self.measure.type == "money" else self.current

    def fields(self) -> list[StateField]:
        """The total and the ring."""
        total = StateField(f"m_{self.measure.name}", int, 0)
        return [total, self.ring()] if self.measure.window else [total]

    def constants(self) -> dict[str, object]:
        """The constants that rules compare with."""
        name = self.measure.name
        return {f"BANDS_{name}": self.bands} if self.banded else {}

    def fold(self, source: Source) -> Lines:
        """Add to the bucket of the event and to the total."""
        amount = self.amount(source)
        if amount == "1":
            return self._fold("1")
        if amount.lstrip("-").isdigit():
            return [f"amount = {amount}", *self._fold("amount")]
        return [f"amount = {amount}", *block("if amount is not None", self._fold("amount"))]

    def _fold(self, amount: str) -> Lines:
        add = [f"{self.current} = total = {self.current} + {amount}", *self._noticed(amount)]
        if self.measure.window is None:
            return add
        return [
            self.bucket_of_event(),
            *self._evict(),
            "if bucket <= gone:",
            "    late = True",
            "else:",
            "    if ring and ring[-2] == bucket:",
            f"        ring[-1] += {amount}",
            "    else:",
            *indent(self.begin_ring(), 2),
            f"        put(ring, bucket, {amount})",
            *indent(add),
        ]

    def _evict(self) -> Lines:
        """Subtract what has left, up to the bucket `gone`."""
        return [
            self.gone_by_now(),
            f"ring = s.buckets_{self.measure.name}",
            "if ring and ring[0] <= gone:",
            f"    {self.current} -= {self.evicting}(ring, gone)",
        ]

    def _noticed(self, amount: str) -> Lines:
        if not self.watched:
            return []
        seen = ["look = True", *self.deadline()]
        if not self.banded:
            return seen
        bands = f"BANDS_{self.measure.name}"
        if amount == "1":
            return block(f"if total in {bands}", seen)
        return block(f"if crosses({bands}, total - amount, total)", seen)

    def advance(self) -> Lines:
        """Subtract what has left."""
        return self._evict() if self.measure.window else []

    def deadline(self) -> Lines:
        """When what leaves takes the total below the band it is in, or at the next bucket."""
        if self.measure.window is None or not self.watched:
            return []
        name = self.measure.name
        exit_ = self.exit_of(f"s.buckets_{name}[0]")
        if not self.banded:
            return block(f"if s.buckets_{name}", sooner(exit_))
        # nothing happens before the oldest bucket leaves: do not walk the ring for later than known
        return [
            f"if {self.current} >= {self.bands[0]} and {exit_} < s.deadline:",
            f"    bucket = {self.below}(s.buckets_{name}, {self.current}, BANDS_{name})",
            *indent(sooner(self.exit_of("bucket"))),
        ]
