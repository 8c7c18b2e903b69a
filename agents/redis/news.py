"""What a subscriber is told: snapshots in parts, then changes, and when what it has is not whole.

    Begin  Part Part ... End   Change Change ...   Begin  Part ... End   Change ...

for each partition; those of different partitions come mixed. `Mirror` shows how to use them.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from agents.redis.tags import Tags
from schemas.changes import TagChange

Gap = Literal["trimmed", "new run", "lost"]
"""Why changes are missing: the stream was cut behind us; history began anew; Redis went back."""

Reason = Literal["first", "interrupted"] | Gap
"""Why a snapshot begins: nothing is known yet; the one before did not come to its end; a gap."""


class Position(Struct, frozen=True, gc=False):
    """How far a partition was read, and in which of its histories."""

    run: str
    seq: int


class Begin(Struct, frozen=True):
    """A snapshot of this partition begins: what you know of it is not whole until its `End`.

    Start collecting anew from nothing; go on showing the old until `End` if you like. `after`
    is the position up to which you were told everything; changes behind it will not be told
    one by one, the snapshot contains them.
    """

    partition: int
    reason: Reason
    after: Position | None


class Part(Struct, frozen=True):
    """Apply `changes` in order, then replace all tags of each of `users` (none: drop the user)."""

    partition: int
    changes: Sequence[TagChange]
    users: Mapping[str, Tags]


class End(Struct, frozen=True):
    """What was collected since `Begin` is exactly this partition at this position."""

    partition: int
    position: Position


class Change(Struct, frozen=True):
    """The next change of a partition: none is left out, none comes twice.

    `raw` is the JSON in the stream.
    """

    partition: int
    position: Position
    value: TagChange
    raw: bytes


class Away(Struct, frozen=True):
    """Redis does not answer for these partitions: what you know of them may be old."""

    partitions: Sequence[int]
    error: str


class Back(Struct, frozen=True):
    """Redis answers again; had anything been missed, a `Begin` would follow."""

    partitions: Sequence[int]


News = Begin | Part | End | Change | Away | Back
