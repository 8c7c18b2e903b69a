"""`mean: FIELD`: the average of a field, exact until it is divided, then to 28 digits.

Kept are the total and how many events made it, for the window also by bucket: the ring is
`[bucket, total, count, ...]`, oldest first. The quotient is made when a rule asks for it.
"""

from dataclasses import dataclass
from typing import ClassVar

from streams.aggregates.figure import Figure, Source
from streams.catalogue.forms import Form, of_field
from streams.catalogue.vocabulary import FIELD_TYPES
from streams.compiler.code import Lines, StateField, block, indent, sooner
from streams.numbers import Number, divide

Ring = list[int]


def put_amount(ring: Ring, bucket: int, amount: int) -> None:
    """Add one amount to a bucket, in whichever order events come.

    >>> ring = []
    >>> put_amount(ring, 7, 50), put_amount(ring, 5, 1), put_amount(ring, 7, 20), ring
    (None, None, None, [5, 1, 1, 7, 70, 2])
    """
    place = len(ring)
    while place and ring[place - 3] > bucket:
        place -= 3
    if place and ring[place - 3] == bucket:
        ring[place - 2] += amount
        ring[place - 1] += 1
    else:
        ring[place:place] = (bucket, amount, 1)


def take_amounts(ring: Ring, gone: int) -> tuple[int, int]:
    """Drop the buckets up to and including `gone`; return their total and count.

    >>> ring = [5, 1, 1, 7, 70, 2]
    >>> take_amounts(ring, 6), ring
    ((1, 1), [7, 70, 2])
    """
    place = total = count = 0
    while place < len(ring) and ring[place] <= gone:
        total += ring[place + 1]
        count += ring[place + 2]
        place += 3
    del ring[:place]
    return total, count


def average(total: int, count: int) -> Number | None:
    """The quotient; missing if there is nothing."""
    return divide(total, count)


def average_money(cents: int, count: int) -> Number | None:
    """The same of amounts in hundredths, as a plain number.

    >>> average_money(1001, 2), average_money(0, 0)
    (Decimal('5.005'), None)
    """
    return divide(cents, 100 * count)


@dataclass(frozen=True, slots=True)
class Mean(Figure):
    """Total and count. Every event matters to the rules, and every bucket that leaves."""

    form: ClassVar[Form] = of_field(
        "the mean of an event field", ("number", "money"), gives="number"
    )
    functions: ClassVar[dict[str, object]] = {
        "average": average,
        "average_money": average_money,
        "put_amount": put_amount,
        "take_amounts": take_amounts,
    }

    @property
    def current(self) -> str:
        """The quotient: no field of its own."""
        is_money = FIELD_TYPES[self.measure.field or ""] == "money"
        name = self.measure.name
        return f"{'average_money' if is_money else 'average'}(s.total_{name}, s.n_{name})"

    def fields(self) -> list[StateField]:
        """Total, count and the ring."""
        name = self.measure.name
        kept = [StateField(f"total_{name}", int, 0), StateField(f"n_{name}", int, 0)]
        return [*kept, self.ring()] if self.measure.window else kept

    def fold(self, source: Source) -> Lines:
        """Add to the bucket of the event and to the total."""
        name = self.measure.name
        add = [f"s.total_{name} += amount", f"s.n_{name} += 1"]
        add += ["look = True", *self.deadline()] if self.uses.any else []
        if self.measure.window:
            add = [
                self.bucket_of_event(),
                *self._evict(),
                "if bucket <= gone:",
                "    late = True",
                "else:",
                *indent(self.begin_ring()),
                "    put_amount(ring, bucket, amount)",
                *indent(add),
            ]
        return [f"amount = {self.field_source(source)}", *block("if amount is not None", add)]

    def _evict(self) -> Lines:
        name = self.measure.name
        return [
            self.gone_by_now(),
            f"ring = s.buckets_{name}",
            "if ring and ring[0] <= gone:",
            "    left = take_amounts(ring, gone)",
            f"    s.total_{name} -= left[0]",
            f"    s.n_{name} -= left[1]",
        ]

    def advance(self) -> Lines:
        """Subtract what has left."""
        return self._evict() if self.measure.window else []

    def deadline(self) -> Lines:
        """The next bucket's exit."""
        if self.measure.window is None or not self.uses.any:
            return []
        ring = f"s.buckets_{self.measure.name}"
        return block(f"if {ring}", sooner(self.exit_of(f"{ring}[0]")))
