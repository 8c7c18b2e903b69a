"""What comes out of the engine: changes, alerts, and how an event was taken."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from schemas.alerts import Alert
from schemas.changes import TagChange, TagValue, Why
from schemas.postings import Forget, Posting

Outcome = Literal["applied", "late", "duplicate", "known"]
"""`late`: too old for a window that it feeds, counted in everything else. `duplicate`: its
source sent it again. `known`: its offset was applied before, as after a crash."""


class Asked(NamedTuple):
    """What the agent that is keyed by content must hear: the record's place, and what it said."""

    topic: int
    offset: int
    what: Posting | Forget


@dataclass(slots=True)
class Effects:
    """Everything that the outside must hear of, in order; the caller empties and reuses it.

    `asked` stays empty unless a detector looks across users; `take` leaves it.
    """

    changes: list[TagChange] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def take(self) -> tuple[list[TagChange], list[Alert]]:
        """What has gathered; from here on it gathers anew."""
        taken = self.changes, self.alerts
        self.changes, self.alerts = [], []
        return taken


class Settled(NamedTuple):
    """How far deadlines are settled: up to and including this pair, in this order."""

    instant: int
    user: str


Move = tuple[str, TagValue | None, TagValue | None, Why]
"""Tag, old, new (None: no tag) and why: what becomes a change of some user at some instant."""


class TagState(NamedTuple):
    """A tag that a user has."""

    value: TagValue
    since: int
    why: Why
