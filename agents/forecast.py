"""What will change about a user if nothing but time passes: the engine, run ahead of its clock.

Every deadline in order, exactly as a worker will take them (docs/decisions/0016). Nothing is
estimated: what is said here is what happens, unless an event comes first.
"""

from dataclasses import dataclass

from schemas.changes import TagChange
from streams.engine import Effects, Partition

MOST = 50  # changes that are told: who needs more runs `replay --until`
HORIZON_MS = 100 * 365 * 86_400_000  # beyond, nobody asks, and calendars end


@dataclass(frozen=True, slots=True)
class Forecast:
    """The changes to come, soonest first; `complete` false if there are more than these."""

    changes: tuple[TagChange, ...]
    complete: bool


def forecast(state: Partition, tag: str | None = None, most: int = MOST) -> Forecast:
    """Let time pass in a partition of one user, which is used up by it.

    At most `most` changes; with `tag` only those of this tag.
    """
    horizon = max(state.clock, 0) + HORIZON_MS
    found, out = list[TagChange](), Effects()
    while state.settle(horizon, 1, out):
        found += [change for change in out.take()[0] if tag in (None, change.tag)]
        if len(found) > most:
            return Forecast(tuple(found[:most]), complete=False)
    return Forecast(tuple(found), complete=True)
