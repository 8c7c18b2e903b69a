"""What a call to Redis applied, in order: enough to compute it again after a crash.

The events of an entry are given by ranges of offsets, one a topic, because their order follows
from the records, which are merged oldest first: the same ranges merge the same way. Records in
a range that were rejected or sent on are listed, so that replaying does not depend on the
catalogue or the code that judged them.
"""

import msgspec

Range = tuple[int, int]
"""First offset and the one after the last."""


class Events(msgspec.Struct, frozen=True, array_like=True, tag="events"):
    """Records of these ranges, by topic index, were merged and applied."""

    ranges: tuple[Range, ...]
    skipped: tuple[tuple[int, int], ...] = ()  # topic index and offset: rejected or sent on


class Tick(msgspec.Struct, frozen=True, array_like=True, tag="tick"):
    """The wall clock moved the partition's clock to `to` (epoch milliseconds)."""

    to: int


class Slice(msgspec.Struct, frozen=True, array_like=True, tag="slice"):
    """Deadlines were settled up to this pair, in the order (instant, user)."""

    instant: int
    user: str


class Adopted(msgspec.Struct, frozen=True, array_like=True, tag="adopted"):
    """Tags were decided anew by a changed catalogue: what differed is in the call.

    Nothing to compute again: whoever finds this behind the last checkpoint compares all tags
    with what Redis shows (docs/decisions/0008). `layout` is the catalogue's fingerprint.
    """

    layout: int


Applied = Events | Tick | Slice | Adopted


class Entry(msgspec.Struct, frozen=True):
    """One call: its number and what it applied. `n` comes first: trim.lua reads it there."""

    n: int
    e: tuple[Applied, ...]


encode_entry = msgspec.json.Encoder().encode
decode_entry = msgspec.json.Decoder(Entry).decode
