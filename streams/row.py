"""A user as bytes: one version byte, the next deadline, the layout, then the state in msgpack.

The header can be read without decoding the rest, which is all that recovery and the index
of deadlines need. The layout (a fingerprint of the catalogue) says what the values of the body
are: a row of another layout is read by that layout's description, or refused, never misread.

The changelog has a large body compressed with snappy: a user with a profile repeats names and
instants. A small one is left alone, because there time is worth more than the bytes; so is what
stays in memory, where busy users are packed and unpacked many times between two checkpoints.
"""

from collections.abc import Callable, Iterable
from struct import Struct
from typing import Generic, TypeVar

import msgspec
from cramjam import snappy

from schemas.topics import INPUT_TOPICS, TOPICS
from streams.override import Override
from streams.windows import NEVER

VERSION = 3  # 1: layouts were not described, no `overrides`; 2: docs/decisions/0021
ERASED = 0x80  # with the version: the user is gone, only offsets and ids are left
COMPRESSED = 0x40  # with the version: the body is compressed
COMPRESSED_ABOVE = 540  # bytes of a body: the median record of the changelog is to have 500 at most
_FORMAT = 0x3F  # the version alone
_HEADER = 13
_header = Struct(">BQI").pack
_compress, _decompress = snappy.compress_raw, snappy.decompress_raw
_read_deadline = Struct(">Q").unpack_from
_read_layout = Struct(">I").unpack_from
_HEADER_2 = 9  # until format 2 the layout was the first value of the body
_ARRAY16 = 0xDC  # msgpack: an array with more than 15 values


class LayoutChanged(Exception):  # noqa: N818 - a fact about the row, handled by migrating it
    """A row was written by a catalogue that nothing describes, or by a later program."""


class State(msgspec.Struct, array_like=True, gc=False):
    """What is kept of every user under any catalogue; the catalogue's own fields follow.

    `clk` is the user's own clock, `offset_...` the last applied offset of each topic,
    `ids_...` the remembered events of each input topic, `known` false for one who has had no
    event yet or was erased. `deadline` is a lower bound on the first instant at which
    anything about the user can change with no event. `overrides`: what people said, by tag.
    """

    deadline: int = NEVER
    clk: int = -1
    known: bool = False
    # fields, not lists: every list is two more cold places in memory for each user
    offset_interactions: int = -1
    offset_transactions: int = -1
    offset_profiles: int = -1
    offset_repartition: int = -1
    offset_derived: int = -1
    overrides: dict[str, Override] | None = None


OFFSETS = tuple(f"offset_{topic}" for topic in TOPICS)
"""The field with the last applied offset, by topic index."""

SEEN = tuple(f"ids_{topic}" for topic in INPUT_TOPICS)
"""The field with the remembered events, by topic index; they stand at the end of a row."""


S = TypeVar("S", bound=State)


class RowCodec(Generic[S]):
    """Turns the states of one layout into rows and back."""

    def __init__(self, kind: type[S], layout: int) -> None:
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._layout = layout
        self._others: dict[int, Callable[[bytes], S]] = {}  # how to read rows of other layouts

    def read_others(self, layout: int, read: Callable[[bytes], S]) -> None:
        """From now on `thaw` reads rows of this layout too: `read` gets the body."""
        self._others[layout] = read

    def freeze(self, state: S) -> bytes:
        """The row of this state, which must not be used any more."""
        rows = dict[str, bytes]()
        self.freeze_all({"": state}, [""], rows)
        return compressed(rows[""])

    def freeze_all(
        self,
        states: "dict[str, S | bytes]",
        users: Iterable[str],
        rows: dict[str, bytes] | dict[str, bytes | None],
    ) -> None:
        """Put rows, not compressed, in the place of these users' states, and into `rows`."""
        encode, layout = self._encode, self._layout  # no call for each: it is a large part of all
        for user in users:
            state: S = states[user]  # type: ignore[assignment] # decoded; a cast is a call
            version = VERSION if state.known else VERSION | ERASED
            deadline, state.deadline = state.deadline, 0  # it stands in the header: not twice
            states[user] = rows[user] = _header(version, deadline, layout) + encode(state)

    def thaw(self, row: bytes) -> S:
        """The state in this row, of our layout or of one that `read_others` was told of."""
        if self._others and (other := self._others.get(_layout(row))):
            state = other(_body(row))
        elif row[0] & COMPRESSED:
            state = self._decode(_decompress(row[_HEADER:]))
        else:
            state = self._decode(row[_HEADER:])
        (state.deadline,) = _read_deadline(row, 1)
        return state

    def copy(self, state: S) -> S:
        """Another state with the same content."""
        return self._decode(self._encode(state))

    def other_layout(self, row: bytes) -> int | None:
        """The layout that wrote the row if it is not ours: cheap, the state is not decoded."""
        version = row[0] & _FORMAT
        if version > VERSION:
            raise LayoutChanged(f"row of format {version}, this program knows {VERSION}")
        layout = _layout(row)
        return None if layout == self._layout else layout


def deadline(row: bytes) -> int:
    """The next deadline, out of the header; NEVER if there is none."""
    (at,) = _read_deadline(row, 1)
    return int(at)


def compressed(row: bytes) -> bytes:
    """The row as the changelog has it."""
    if len(row) <= _HEADER + COMPRESSED_ABOVE or row[0] & COMPRESSED:
        return row
    return bytes((row[0] | COMPRESSED,)) + row[1:_HEADER] + _compress(row[_HEADER:])


def is_known(row: bytes) -> bool:
    """False for the row that is left of an erased user."""
    return row[0] < ERASED


def _layout(row: bytes) -> int:
    """The fingerprint of the layout; in the body of older rows always five bytes of msgpack."""
    start = 9
    if row[0] & _FORMAT < VERSION:
        start = _HEADER_2 + (4 if row[_HEADER_2] == _ARRAY16 else 2)
    return int(_read_layout(row, start)[0])


def _body(row: bytes) -> bytes:
    """The values of a row of any format, in msgpack."""
    if row[0] & _FORMAT < VERSION:
        return row[_HEADER_2:]
    return bytes(_decompress(row[_HEADER:])) if row[0] & COMPRESSED else row[_HEADER:]


assert NEVER.to_bytes(8, "big") == b"\xff" * 8
