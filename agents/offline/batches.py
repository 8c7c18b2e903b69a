"""What a part of a replay tells: lines for the four files, each with its place among all.

Places are made so that what all parts tell, in the order of the places, is what one process
would have written: see `Place`.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from agents.offline.replay import FOR_EVER

Place = tuple[int, int, int | str]
"""A line's place: instant, kind, and which.

Of an event: the clock after it, AT_EVENT and its number. Of a deadline: its instant, AT_DEADLINE
and the user: an event at the same instant counts first, then users in their order. Of a
user's tags: the end of time, AT_END and the user.
"""

AT_EVENT: Final = 0
AT_DEADLINE: Final = 1
AT_END: Final = 2

FIRST: Final[Place] = (-1, AT_EVENT, 0)
LAST: Final[Place] = (FOR_EVER, AT_END + 1, 0)


class Counts(msgspec.Struct, array_like=True):
    """What a part has counted in the end; clock in epoch ms."""

    clock: int
    users: int
    outcomes: dict[str, int]
    rejected: dict[str, int]
    after_until: int


class Batch(msgspec.Struct, array_like=True):
    """Lines, by file: the place of each, and their text; each file's places never go back.

    With it the part has told everything up to and including `upto`. `read`: how many bytes were
    read since the last one, if this part says so. `counts` come at LAST.
    """

    upto: Place
    lines: dict[str, tuple[list[Place], bytes]]
    counts: Counts | None = None
    read: int = 0


encode_batch: Final[Callable[[Batch], bytes]] = msgspec.msgpack.Encoder().encode
decode_batch: Final[Callable[[bytes], Batch]] = msgspec.msgpack.Decoder(Batch).decode
