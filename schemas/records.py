"""What stands in the changelog: rows of users, claims of owners, checkpoints.

Every record carries the epoch of its writer: a reader refuses one whose epoch is below an
epoch seen earlier in the log, because its writer had lost the partition (PROTOCOL, step 3).
"""

import msgspec

CLAIM_KEY = b"\x00claim"
CHECKPOINT_KEY = b"\x00checkpoint"
"""User ids have no control characters, so these can be no user's key."""

_EPOCH_BYTES = 8


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


encode_claim = msgspec.json.Encoder().encode
encode_checkpoint = msgspec.json.Encoder().encode
decode_checkpoint = msgspec.json.Decoder(Checkpoint).decode


def with_epoch(epoch: int, body: bytes | None) -> bytes:
    """A record's value: its writer's epoch, then the body; None (a user gone) is empty."""
    return epoch.to_bytes(_EPOCH_BYTES, "big") + (body or b"")


def epoch_and_body(value: bytes) -> tuple[int, bytes]:
    """The inverse of `with_epoch`; an empty body is a user that is gone."""
    return int.from_bytes(value[:_EPOCH_BYTES], "big"), value[_EPOCH_BYTES:]
