"""A user as bytes: one version byte, the next deadline, then the state in msgpack.

The header can be read without decoding the rest, which is all that recovery and the index
of deadlines need. The first value of the body says which layout wrote it (a fingerprint of
the catalogue): another layout is refused, never misread.
"""

from struct import Struct
from typing import Generic, TypeVar

import msgspec

from schemas.topics import INPUT_TOPICS, TOPICS
from streams.windows import NEVER

VERSION = 1
ERASED = 0x80  # with the version: the user is gone, only offsets and ids are left
_HEADER = 9
_header = Struct(">BQ").pack
_read_deadline = Struct(">Q").unpack_from
_ARRAY16 = 0xDC  # msgpack: an array with more than 15 values


class LayoutChanged(Exception):  # noqa: N818 - a fact about the row, handled by migrating it
    """A row was written by another catalogue or another version of the program."""


class State(msgspec.Struct, array_like=True, gc=False):
    """What is kept of every user under any catalogue; the catalogue's own fields follow.

    `clk` is the user's own clock, `offset_...` the last applied offset of each topic,
    `seen_...` the remembered events of each input topic, `known` false for one who has had no
    event yet or was erased. `deadline` is a lower bound on the first instant at which
    anything about the user can change with no event.
    """

    layout: int
    deadline: int = NEVER
    clk: int = -1
    known: bool = False
    # fields, not lists: every list is two more cold places in memory for each user
    offset_interactions: int = -1
    offset_transactions: int = -1
    offset_profiles: int = -1
    offset_repartition: int = -1
    offset_derived: int = -1
    seen_interactions: bytes = b""
    seen_transactions: bytes = b""
    seen_profiles: bytes = b""


OFFSETS = tuple(f"offset_{topic}" for topic in TOPICS)
"""The field with the last applied offset, by topic index."""

SEEN = tuple(f"seen_{topic}" for topic in INPUT_TOPICS)
"""The field with the remembered events, by topic index."""


S = TypeVar("S", bound=State)


class Rows(Generic[S]):
    """Turns the states of one layout into rows and back."""

    def __init__(self, kind: type[S], layout: int) -> None:
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._layout = layout

    def freeze(self, state: S) -> bytes:
        """The row of this state, which must not be used any more."""
        version = VERSION if state.known else VERSION | ERASED
        deadline, state.deadline = state.deadline, 0  # it stands in the header: not twice
        return _header(version, deadline) + self._encode(state)

    def thaw(self, row: bytes) -> S:
        """The state in this row, which `check` has let pass or `freeze` made."""
        state = self._decode(row[_HEADER:])
        (state.deadline,) = _read_deadline(row, 1)
        return state

    def copy(self, state: S) -> S:
        """Another state with the same content."""
        return self._decode(self._encode(state))

    def check(self, row: bytes) -> None:
        """LayoutChanged unless this layout wrote the row: cheap, the state is not decoded."""
        if row[0] & ~ERASED != VERSION:
            raise LayoutChanged(f"row of format {row[0] & ~ERASED}, this is format {VERSION}")
        layout = _layout(row)
        if layout != self._layout:
            raise LayoutChanged(f"row of layout {layout:08x}, the catalogue has {self._layout:08x}")


def deadline(row: bytes) -> int:
    """The next deadline, out of the header; NEVER if there is none."""
    (at,) = _read_deadline(row, 1)
    return int(at)


def is_known(row: bytes) -> bool:
    """False for the row that is left of an erased user."""
    return row[0] < ERASED


def _layout(row: bytes) -> int:
    """The layout's fingerprint: the first value of the body, always five bytes of msgpack."""
    start = _HEADER + (4 if row[_HEADER] == _ARRAY16 else 2)
    return int.from_bytes(row[start : start + 4], "big")


assert NEVER.to_bytes(8, "big") == b"\xff" * 8
