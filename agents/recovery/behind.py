"""Is Redis behind the state? Then it cannot be gone on from, and a new run is written."""

from collections.abc import Callable, Mapping, Sequence

from agents.redis.publisher import Claimed
from agents.transport.merge import Positions
from schemas.journal import Entry, decode_entry
from schemas.records import Checkpoint


def why_behind(
    checkpoint: Checkpoint | None, claimed: Claimed, topics: Sequence[str]
) -> str | None:
    """Taking a partition 4: why our state cannot continue from this Redis; None if it can."""
    if checkpoint is None:
        return "the changelog has no checkpoint yet"
    published = published_positions(claimed, topics)
    return next(
        (why for why, holds in BEHIND.items() if holds(checkpoint, claimed, published)), None
    )


def _calls(claimed: Claimed) -> int:
    return int(claimed.meta.get("calls", "0"))


def _has_journal_gap(checkpoint: Checkpoint, claimed: Claimed, _: Positions) -> bool:
    """Whether the journal does not tell every call after the checkpoint's."""
    if not claimed.journal:
        return _calls(claimed) != checkpoint.calls
    first: Entry = decode_entry(claimed.journal[0])
    last: Entry = decode_entry(claimed.journal[-1])
    numbers = last.n - first.n + 1
    return (
        first.n > checkpoint.calls + 1
        or last.n != _calls(claimed)
        or numbers != len(claimed.journal)
    )


BEHIND: Mapping[str, Callable[[Checkpoint, Claimed, Positions], bool]] = {
    "Redis shows another run, or none": lambda ours, redis, _: redis.meta.get("run") != ours.run,
    "a new run was not finished": lambda _, redis, __: "building" in redis.meta,
    "Redis is another server than before (restart or failover)": lambda _, redis, __: (
        redis.meta.get("server") != redis.server
    ),
    "Redis has lost calls that the checkpoint covers": lambda ours, redis, _: (
        _calls(redis) < ours.calls
    ),
    "Redis is at positions before the checkpoint's": lambda ours, _, published: any(
        there < here for there, here in zip(published, ours.positions, strict=True)
    ),
    "the journal has a gap": _has_journal_gap,
}
"""Each sign that Redis is behind the state; the arguments are the checkpoint, what the claim
found, and the positions published."""


def published_positions(claimed: Claimed, topics: Sequence[str]) -> Positions:
    """The next offsets, by topic index, after all that Redis shows."""
    return tuple(int(claimed.meta.get(f"pos:{topic}", "0")) for topic in topics)
