"""What goes to the agent that is keyed by content, and what it sends back.

A `Posting` says that a user posted something; `Forget` that nothing of a user may stay. Both go
to the topic `contents`, a posting to the partition of its content. A `Copied` comes back on
the topic `derived`, to the partition of its user: one of their posts says what others said too.
"""

from typing import Final, Literal

import msgspec

from schemas.alerts import Evidence
from schemas.events import Event

CONTENT_DIGITS: Final = 16
STRIDE: Final = 1 << 20
"""A record of `contents` brings fewer facts than this: they are numbered from offset * STRIDE."""


class Posting(msgspec.Struct, frozen=True, tag="posting"):
    """A post that detectors ask others about. `stale`: it came long after its time."""

    user_id: str
    source: str
    id: str
    time: int
    content: int
    community_id: str | None
    detectors: tuple[str, ...]
    stale: bool

    @property
    def key(self) -> bytes:
        """The key of the record: equal contents go to the same partition."""
        return f"{self.content:0{CONTENT_DIGITS}x}".encode()


class Forget(msgspec.Struct, frozen=True, tag="forget"):
    """The user was erased."""

    user_id: str


class Copied(Event, kw_only=True, gc=False):
    """A post of the user says what `users` users said within the span of a detector.

    Source, id and time are those of the post; an event like others, but that it is made here.
    `communities`: in how many; `events`: the latest posts of all of them; `stale`: what
    completed it came long after its time.
    """

    type: Literal["copied"] = "copied"
    detector: str
    content: str
    users: int
    communities: int
    within: int
    events: list[Evidence]
    stale: bool


encode_posting = msgspec.json.Encoder().encode
decode_posting = msgspec.json.Decoder(Posting | Forget).decode
encode_copied = msgspec.json.Encoder().encode
decode_copied = msgspec.json.Decoder(Copied).decode
