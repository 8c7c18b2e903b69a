"""`distinct: FIELD`: how many different values, exact up to 256, then "at least 256".

Values are kept as 64-bit hashes in one string. For a window each value stands in the bucket of
its latest event, `[bucket, hashes, ...]`, oldest first: it counts until that bucket leaves. When
there are more than 256, the one that would leave first is forgotten; as long as it would still
count, all that are kept do, so the answer stays exact when the number falls again.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from xxhash import xxh3_64_digest

from streams.aggregates.additive import Additive
from streams.aggregates.figure import Source
from streams.catalogue.forms import Form, of_field
from streams.catalogue.vocabulary import FIELD_TYPES
from streams.compiler.code import Lines, StateField, block, indent
from streams.repeats import is_repeat
from streams.windows import slot

MOST = 256
WIDTH = 8  # bytes of a hash
Ring = list[Any]


def admit(values: bytes | None, digest: bytes) -> bytes | None:
    """The values with one more; None if that changes nothing."""
    if values is None:
        return digest
    known = is_repeat(values, digest) or len(values) == MOST * WIDTH
    return None if known else values + digest


def admit_to(ring: Ring, bucket: int, digest: bytes) -> int:
    """Note a value in a bucket; by how much the number of values grows: 1 or 0.

    >>> a, b = b"aaaaaaaa", b"bbbbbbbb"
    >>> ring = []
    >>> admit_to(ring, 5, a), admit_to(ring, 5, b), admit_to(ring, 7, a), admit_to(ring, 6, a)
    (1, 1, 0, 0)
    >>> ring
    [5, b'bbbbbbbb', 7, b'aaaaaaaa']
    """
    for place in range(1, len(ring), 2):
        if is_repeat(ring[place], digest):
            if ring[place - 1] < bucket:
                _remove(ring, place, digest)
                ring[slot(ring, bucket, b"")] += digest
            return 0
    grows = 1
    if values_in(ring) == MOST:
        if bucket <= ring[0]:
            return 0  # it would be the next to be forgotten
        _remove(ring, 1, ring[1][:WIDTH])
        grows = 0
    ring[slot(ring, bucket, b"")] += digest
    return grows


def forget(ring: Ring, gone: int) -> int:
    """Drop the buckets up to and including `gone`; return how many values were in them."""
    place = count = 0
    while place < len(ring) and ring[place] <= gone:
        count += len(ring[place + 1]) // WIDTH
        place += 2
    del ring[:place]
    return count


def values_in(ring: Ring) -> int:
    """How many values there are."""
    return sum(map(len, ring[1::2])) // WIDTH


def first_fewer(ring: Ring, total: int, bands: Sequence[int]) -> int:
    """The bucket whose leaving takes the number below the highest of `bands` that it reaches."""
    floor = bands[bisect_right(bands, total) - 1]
    for place in range(0, len(ring), 2):
        total -= len(ring[place + 1]) // WIDTH
        if total < floor:
            return int(ring[place])
    raise AssertionError("the number is that of all buckets")


def _remove(ring: Ring, place: int, digest: bytes) -> None:
    """Take a value out of its bucket; an empty bucket goes."""
    values = ring[place]
    at = next(at for at in range(0, len(values), WIDTH) if values[at : at + WIDTH] == digest)
    ring[place] = values[:at] + values[at + WIDTH :]
    if not ring[place]:
        del ring[place - 1 : place + 1]


@dataclass(frozen=True, slots=True)
class Distinct(Additive):
    """The number, and the hashes that it counts. While time passes it only falls."""

    form: ClassVar[Form] = of_field(
        "how many different values of an event field, exact up to 256",
        ("number", "money", "time", "text"),
        gives="number",
        hashed=True,
    )
    evicting: ClassVar[str] = "forget"
    below: ClassVar[str] = "first_fewer"
    functions: ClassVar[dict[str, object]] = {
        "admit": admit,
        "admit_to": admit_to,
        "forget": forget,
        "first_fewer": first_fewer,
        "digest_of": xxh3_64_digest,
    }

    def fields(self) -> list[StateField]:
        """The number, and the hashes or the ring of them."""
        name = self.measure.name
        total = StateField(f"m_{name}", int, 0)
        if self.measure.window:
            return [total, self.ring(int | bytes)]
        return [total, StateField(f"values_{name}", bytes | None, None)]

    def fold(self, source: Source) -> Lines:
        """Count the event's value if it is new."""
        is_text = FIELD_TYPES[self.measure.field or ""] == "text"
        digest = f"digest = digest_of({'new' if is_text else 'str(new)'}.encode())"
        keep = self._keep_in_bucket() if self.measure.window else self._keep()
        value = f"new = {self.field_source(source)}"
        return [value, *block("if new is not None", [digest, *keep])]

    def _grown(self) -> Lines:
        return [f"{self.current} = total = {self.current} + 1", *self._noticed("1")]

    def _keep(self) -> Lines:
        values = f"s.values_{self.measure.name}"
        added = [f"{values} = new", *self._grown()]
        return [f"new = admit({values}, digest)", *block("if new is not None", added)]

    def _keep_in_bucket(self) -> Lines:
        return [
            self.bucket_of_event(),
            *self._evict(),
            *self.begin_ring(),
            "if bucket <= gone:",
            "    late = True",
            "elif admit_to(ring, bucket, digest):",
            *indent(self._grown()),
        ]
