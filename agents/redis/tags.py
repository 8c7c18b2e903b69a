"""A user's tags as they stand in Redis: hash fields to values."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.json import Decoder

from schemas.changes import TagValue, Why

Fields = Mapping[bytes, bytes]
"""A hash as redis-py answers it when it decodes nothing."""


class Tag(Struct, frozen=True, gc=False):
    """One tag of a user: since when (epoch ms) and by which change of the partition."""

    value: TagValue
    since: int
    seq: int


Tags = dict[str, Tag]
"""A user's tags by name."""

_decode_tag = Decoder(Tag).decode
_decode_why = Decoder(Why).decode


def tags_in(fields: Fields) -> Tags:
    """Return the tags of a `user` hash."""
    return {name.decode(): _decode_tag(tag) for name, tag in fields.items()}


def reasons_in(fields: Fields) -> dict[str, Why]:
    """Return the explanations of a `why` hash."""
    return {name.decode(): _decode_why(why) for name, why in fields.items()}
