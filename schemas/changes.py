"""A tag change: the fact that a user's tag began, changed or ended, with cause and reason."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.json import Decoder, Encoder

TagValue = str | bool | list[str]
"""A text, `true` for a flag, or the sorted members of a set; no tag is `None`."""


class EventCause(Struct, frozen=True, tag_field="kind", tag="event"):
    """An event decided it: `topic` is the full name, `source` and `id` the producer's."""

    topic: str
    partition: int
    offset: int
    source: str
    id: str


class ExpiryCause(Struct, frozen=True, tag_field="kind", tag="expiry"):
    """Time passed, no event."""


class CatalogueCause(Struct, frozen=True, tag_field="kind", tag="catalogue"):
    """The rules changed."""


class OverrideCause(Struct, frozen=True, tag_field="kind", tag="override"):
    """A person corrected the tag."""

    by: str | None
    reason: str | None


class EraseCause(Struct, frozen=True, tag_field="kind", tag="erase"):
    """The user asked to be forgotten: drop all tags."""


Cause = EventCause | ExpiryCause | CatalogueCause | OverrideCause | EraseCause


class Why(Struct, frozen=True, omit_defaults=True):
    """The rule that held, and what the measures and tags named in it were (missing: None).

    `warming`: a measure behind it is new in the catalogue and its window is not full yet.
    """

    rule: str
    measures: dict[str, Any]
    warming: bool = False


class TagChange(Struct):
    """One entry of a partition's change stream; an erase has `tag`, `old`, `new` and `why` None.

    Mutable for one reason: the engine leaves `seq` at 0 and the publisher numbers it.
    """

    seq: int
    user_id: str
    tag: str | None
    old: TagValue | None
    new: TagValue | None
    time: int
    cause: Cause
    why: Why | None
    catalogue: str


encode_value = Encoder(decimal_format="number").encode
"""Any part of what is published (a `why`, a hash field) as JSON; decimals are numbers."""
encode_change: Callable[[TagChange], bytes] = encode_value
decode_change = Decoder(TagChange).decode
"""Reads back what `encode_change` wrote (numbers with a fraction come back as floats)."""
