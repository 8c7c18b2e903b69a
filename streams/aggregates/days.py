"""`days: [types]`: on how many local calendar days there was one of these events.

Covered are today and the W-1 days before, so the number changes at local midnight. The state is
the newest day and a string of bits, the lowest bit that day, the next the day before: a month
is four bytes.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from streams.aggregates.additive import Additive
from streams.aggregates.figure import Source
from streams.catalogue.fields import Fields
from streams.catalogue.forms import WHERE, WINDOW, Declared, Form
from streams.catalogue.shapes import EVENT_TYPES
from streams.compiler.code import Lines, StateField, block, indent, sooner
from streams.local_days import LocalDays
from streams.windows import crosses

DAY = 86_400_000

Marked = tuple[bytes, int]
"""The bits and how many are set."""


def covered(days: bytes, newest: int, first: int) -> Marked:
    r"""What is left when days before `first` have gone.

    >>> covered(bytes([0b1011]), newest=20, first=18)  # marked: 20, 19, 17
    (b'\x03', 2)
    """
    kept = max(0, newest - first + 1)
    return _packed(int.from_bytes(days, "big") & ((1 << kept) - 1))


def marked(days: bytes, newest: int, day: int) -> Marked:
    r"""The same with one more day, which may be a new newest.

    >>> marked(bytes([0b1]), newest=20, day=22), marked(bytes([0b101]), newest=22, day=21)
    ((b'\x05', 2), (b'\x07', 3))
    """
    bits = int.from_bytes(days, "big")
    return _packed(bits << (day - newest) | 1 if day > newest else bits | 1 << (newest - day))


def day_marked(days: bytes, newest: int, number: int) -> int:
    """The day that is this number among the marked ones, the oldest being number 1.

    >>> [day_marked(bytes([0b1011]), 20, number) for number in (1, 2, 3)]
    [17, 19, 20]
    """
    bits = int.from_bytes(days, "big")
    for _ in range(number - 1):
        bits ^= 1 << (bits.bit_length() - 1)
    return newest - bits.bit_length() + 1


def too_many(total: int, bands: Sequence[int]) -> int:
    """How many must go until the total is below the highest of `bands` that it reaches."""
    return total - bands[bisect_right(bands, total) - 1] + 1


def _packed(bits: int) -> Marked:
    return bits.to_bytes((bits.bit_length() + 7) // 8, "big"), bits.bit_count()


def read_days(fields: Fields, aggregate: str) -> Declared:
    """`days: [types]`, over whole calendar days."""
    types, width = fields.event_types(aggregate), fields.duration("window")
    if width is not None and width % DAY:
        place = fields.value_place("window")
        fields.wrong(place, "days are counted in whole days, for example 30d")
    return {"type": "number", "types": types, "days": (width or DAY) // DAY}


@dataclass(frozen=True, slots=True)
class Days(Additive):
    """The number, the newest day and the bits. While time passes the number only falls."""

    form: ClassVar[Form] = Form(
        "on how many calendar days there were events of these types",
        EVENT_TYPES,
        {"where": WHERE, "window": WINDOW},
        read_days,
        needed=("window",),
    )
    functions: ClassVar[dict[str, object]] = {
        "covered": covered,
        "marked": marked,
        "day_marked": day_marked,
        "too_many": too_many,
        "crosses": crosses,
    }

    @property
    def width(self) -> int:
        """How many days are covered."""
        assert self.measure.days is not None
        return self.measure.days

    def constants(self) -> dict[str, object]:
        """The catalogue's calendar."""
        calendar = LocalDays(self.zone)
        return Additive.constants(self) | {"day_of": calendar.day, "start_of": calendar.start}

    def fields(self) -> list[StateField]:
        """The number, the newest day, the bits."""
        name = self.measure.name
        return [
            StateField(f"m_{name}", int, 0),
            StateField(f"newest_{name}", int, 0),
            StateField(f"days_{name}", bytes, b""),
        ]

    def fold(self, source: Source) -> Lines:  # noqa: ARG002 - when it was is all that counts
        """Mark the day of the event; nothing to do if it is the newest already."""
        name = self.measure.name
        return [
            "day = day_of(time)",
            f"first = (day if at == time else day_of(at)) - {self.width - 1}",
            "if day < first:",
            "    late = True",
            f"elif day != s.newest_{name}:",
            *indent(self._evict_before()),
            f"    was = {self.current}",
            f"    s.days_{name}, total = marked(s.days_{name}, s.newest_{name}, day)",
            f"    {self.current} = total",
            f"    s.newest_{name} = max(s.newest_{name}, day)",
            *indent(block("if total > was", self._noticed("1"))),
        ]

    def _evict_before(self) -> Lines:
        name = self.measure.name
        days = f"s.days_{name}"
        evict = [f"{days}, {self.current} = covered({days}, s.newest_{name}, first)"]
        # no bit stands further back than there is room for: most often nothing can have left
        return block(f"if s.newest_{name} - 8 * len({days}) < first", evict)

    def advance(self) -> Lines:
        """Days that have left go."""
        first = f"first = day_of(at) - {self.width - 1}"
        return block(f"if {self.current}", [first, *self._evict_before()])

    def deadline(self) -> Lines:
        """The midnight at which the number falls below its band, or at which it falls."""
        if not self.watched:
            return []
        name, least = self.measure.name, self.bands[0] if self.banded else 1
        number = f"too_many({self.current}, BANDS_{name})" if self.banded else "1"
        leaving = f"day_marked(s.days_{name}, s.newest_{name}, {number})"
        due = sooner(f"start_of({leaving} + {self.width})")
        # the oldest day that there is room for leaves no later than the one looked for
        earliest = f"start_of(s.newest_{name} - 8 * len(s.days_{name}) + {self.width + 1})"
        return block(f"if {self.current} >= {least} and {earliest} < s.deadline", due)
