"""I4 and I10: whoever follows the changes gets them in order, and misses none without a word."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.changes import TagChange
from tests.agents.folded import Hashes
from tests.chaos.invariants import Violations


def falling(told: Iterable[TagChange]) -> Violations:
    """I4: every user's numbers rise, in a partition's changes as a subscriber was told them."""
    last: dict[str, int] = {}
    for change in told:
        user = change.user_id
        if change.seq <= last.get(user, 0):
            yield f"I4: {user} was told {change.seq} after {last[user]}"
            return
        last[user] = change.seq


@dataclass(frozen=True, slots=True)
class Told:
    """What a subscriber was told of a partition, in order."""

    kind: str  # "begin", "end", "change"
    run: str
    seq: int
    reason: str = ""


def untold(told: Sequence[Told]) -> Violations:
    """I10: changes follow one another without a hole, and where they do not, a gap was told.

    `told` is of one partition, over all the subscriber's connections.
    """
    at: tuple[str, int] | None = None
    known = False  # something, once: a snapshot that broke off leaves what was known before
    for news in told:
        if news.kind == "begin":
            if not known and news.reason not in ("first", "interrupted"):
                yield f"I10: a gap ({news.reason}) where nothing was known"
            at = None
        elif news.kind == "end":
            at, known = (news.run, news.seq), True
        elif at is None or (news.run, news.seq) != (at[0], at[1] + 1):
            yield f"I10: told {news.run} {news.seq} after {at}"
            return
        else:
            at = (news.run, news.seq)


def unequal(mirrored: Mapping[int, Hashes], shown: Mapping[int, Hashes]) -> Violations:
    """I10: what a subscriber knows at the end is what Redis shows."""
    for partition, users in shown.items():
        mirror = mirrored.get(partition, {})
        for user in sorted(users.keys() | mirror.keys()):
            if users.get(user) != mirror.get(user):
                yield (
                    f"I10: partition {partition}: {user} is {mirror.get(user)} to the subscriber, "
                    f"{users.get(user)} in Redis"
                )
                return
