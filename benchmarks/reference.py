"""The tag job in the plainest Python: how many outputs the peers have to give.

Tags change with an event of their user only; nothing expires by itself. All peers gave exactly
161,652 outputs for the first million events.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from benchmarks.events import INTERACTIONS, JobEvent

HOUR_MS, FIVE_MINUTES_MS = 3_600_000, 300_000
HOURS, SLICES = 24, 12
SMALL = 500.0
TIERS = ((20, "hot"), (5, "active"), (1, "low"), (0, "silent"))
MANY_SMALL = 3


class Ring:
    """Counts of the last `size` buckets up to the newest time seen."""

    def __init__(self, size: int) -> None:
        self._counts = [0] * size
        self._newest = 0

    def move(self, bucket: int) -> None:
        """Forget what the ring no longer covers; a bucket behind the newest moves nothing."""
        size = len(self._counts)
        for passed in range(max(self._newest + 1, bucket - size + 1), bucket + 1):
            self._counts[passed % size] = 0
        self._newest = max(self._newest, bucket)

    def add(self, bucket: int) -> None:
        """Count one, unless the bucket is too old."""
        if bucket > self._newest - len(self._counts):
            self._counts[bucket % len(self._counts)] += 1

    def total(self) -> int:
        """All that is in the ring."""
        return sum(self._counts)


@dataclass(slots=True)
class User:
    """The state of one user."""

    interactions: Ring = field(default_factory=lambda: Ring(HOURS))
    small: Ring = field(default_factory=lambda: Ring(SLICES))
    tier: str = "silent"
    velocity: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """What is right for an input."""

    users: int
    outputs: int


def reference(input_: Iterable[JobEvent]) -> Reference:
    """Run the job and count."""
    users: dict[bytes, User] = {}
    outputs = 0
    decode = msgspec.json.Decoder().decode
    for event in input_:
        user = users.get(event.key)
        if user is None:
            user = users[event.key] = User()
        outputs += step(user, event.type, event.time, decode(event.value).get("amount", 0.0))
    return Reference(len(users), outputs)


def step(user: User, kind: str, time: int, amount: float) -> int:
    """Take one event in; return how many of the two tags changed."""
    hour, slice_ = time // HOUR_MS, time // FIVE_MINUTES_MS
    user.interactions.move(hour)
    user.small.move(slice_)
    if kind in INTERACTIONS:
        user.interactions.add(hour)
    elif amount < SMALL:
        user.small.add(slice_)
    tier = tier_of(user.interactions.total())
    velocity = user.small.total() >= MANY_SMALL
    changed = (tier != user.tier) + (velocity != user.velocity)
    user.tier, user.velocity = tier, velocity
    return changed


def tier_of(count: int) -> str:
    """Return the first tier whose floor is reached."""
    return next(tier for floor, tier in TIERS if count >= floor)
