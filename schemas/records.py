"""What stands in the changelog: rows of users, claims, checkpoints, layouts of rows, erasures.

Every record carries the epoch of its writer: a reader refuses one whose epoch is below an
epoch seen earlier in the log, because its writer had lost the partition.
A user who is gone is a record without value, so that compaction forgets it; its epoch stands
in a header. Layouts alone are good whoever wrote them: their key says what they must be.
"""

from collections.abc import Iterable

import msgspec

CLAIM_KEY = b"\x00claim"
CHECKPOINT_KEY = b"\x00checkpoint"
LAYOUT_KEYS = b"\x00layout:"
ERASED_KEYS = "\x00erased:"
"""User ids have no control characters, so these can be no user's key."""

_EPOCH_BYTES = 8
_EPOCH_HEADER = "epoch"

Headers = Iterable[tuple[str, bytes]]


class Claim(msgspec.Struct, frozen=True):
    """A worker takes the partition; the offset of this record is its epoch."""

    worker: str


class Checkpoint(msgspec.Struct, frozen=True):
    """Where a partition is: one atomic cut, the truth that a restore starts from."""

    positions: tuple[int, ...]  # next offset of each topic, by topic index
    run: str
    calls: int
    seq: int
    alert_seq: int
    clock: int
    ticked: int  # the largest tick: deadlines up to it are due
    origins: dict[str, int]  # "topic:partition" of forwarded records -> highest applied offset
    catalogue: str
    layout: int = 0  # fingerprint of what that catalogue decides; 0: written before there were any
    counted_since: dict[str, int] = {}  # measures of a changed catalogue, and the clock then


class Erasure(msgspec.Struct, frozen=True):
    """A user was erased, whose id is known by a hash alone: that stands in the record's key.

    `time`: of the event that ordered it; what is older is dropped. `place` (topic index, offset)
    and `mark` (8 bytes, hexadecimal) tell that very event from others. `until`: the clock of the
    partition at which this, too, is forgotten.
    """

    time: int
    until: int
    place: tuple[int, int]
    mark: str


encode_erasure = msgspec.json.Encoder().encode
decode_erasure = msgspec.json.Decoder(Erasure).decode
encode_claim = msgspec.json.Encoder().encode
encode_checkpoint = msgspec.json.Encoder().encode
decode_checkpoint = msgspec.json.Decoder(Checkpoint).decode


def with_epoch(epoch: int, body: bytes | None) -> bytes:
    """A record's value: its writer's epoch, then the body; None (a user gone) is empty."""
    return epoch.to_bytes(_EPOCH_BYTES, "big") + (body or b"")


def epoch_and_body(value: bytes) -> tuple[int, bytes]:
    """The inverse of `with_epoch`; an empty body is a user that is gone."""
    return int.from_bytes(value[:_EPOCH_BYTES], "big"), value[_EPOCH_BYTES:]


def layout_key(layout: int) -> bytes:
    r"""The key of the record that describes a layout.

    >>> layout_key(0x80000001)
    b'\x00layout:80000001'
    """
    return LAYOUT_KEYS + f"{layout:08x}".encode()


def value_and_headers(value: bytes) -> tuple[bytes | None, list[tuple[str, bytes]]]:
    """How a record goes out: one without a body as a tombstone, its epoch in a header."""
    if len(value) > _EPOCH_BYTES:
        return value, []
    return None, [(_EPOCH_HEADER, value)]


def full_value(value: bytes | None, headers: Headers) -> bytes:
    """The inverse of `value_and_headers`."""
    if value is not None:
        return value
    return next((epoch for name, epoch in headers if name == _EPOCH_HEADER), b"")
