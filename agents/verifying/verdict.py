"""What a comparison of a partition found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from schemas.changes import TagValue

Shown = Mapping[str, tuple[TagValue, int]]
"""Value and since of the tags of a user."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A tag as the state has it and as Redis shows it: (value, since), None for no tag."""

    partition: int
    user_id: str
    tag: str
    state: tuple[TagValue, int] | None
    redis: tuple[TagValue, int] | None


@dataclass(frozen=True, slots=True)
class WrongWhy:
    """The rule that must explain a tag and the one that Redis names; None where there is none."""

    partition: int
    user_id: str
    tag: str
    state: str | None
    redis: str | None


@dataclass(frozen=True, slots=True)
class WrongCount:
    """A count of a community: 0 where there is none. `LISTED`: whether readers find it."""

    partition: int
    community_id: str
    field: str
    state: int
    redis: int


LISTED = "listed"
"""In place of a field: 1 if the community is among the set of those that have counts."""

_Found = TypeVar("_Found")


@dataclass(slots=True)
class Verdict:
    """One partition: how much was compared, and what differs.

    `why_not`: it could not be compared. All differences are counted; of each of the three
    kinds the first `most` are kept.
    """

    partition: int
    most: int
    users: int = 0
    communities: int = 0
    found: int = 0
    differences: list[Difference] = field(default_factory=list)
    whys: list[WrongWhy] = field(default_factory=list)
    counts: list[WrongCount] = field(default_factory=list)
    why_not: str | None = None

    @property
    def is_right(self) -> bool:
        """Whether all was compared and nothing differs."""
        return not self.found and self.why_not is None

    def add(self, user: str, state: Shown, redis: Shown) -> None:
        """Compare the tags of a user."""
        self.users += 1
        if state == redis:
            return
        for tag in sorted(state.keys() | redis.keys()):
            if state.get(tag) != redis.get(tag):
                both = state.get(tag), redis.get(tag)
                self._note(self.differences, Difference(self.partition, user, tag, *both))

    def add_why(self, user: str, tag: str, state: str | None, redis: str | None) -> None:
        """Note a tag whose explanation is not what it must be."""
        self._note(self.whys, WrongWhy(self.partition, user, tag, state, redis))

    def add_counts(
        self, community: str, state: Mapping[str, int], redis: Mapping[str, int]
    ) -> None:
        """Compare the counts of a community."""
        self.communities += 1
        if state == redis:
            return
        for name in sorted(state.keys() | redis.keys()):
            if state.get(name, 0) != redis.get(name, 0):
                self.add_count(community, name, state.get(name, 0), redis.get(name, 0))

    def add_count(self, community: str, name: str, state: int, redis: int) -> None:
        """Note a wrong count."""
        self._note(self.counts, WrongCount(self.partition, community, name, state, redis))

    def _note(self, kept: list[_Found], found: _Found) -> None:
        self.found += 1
        if len(kept) < self.most:
            kept.append(found)


@dataclass(frozen=True, slots=True)
class Limits:
    """`rate`: users a second at most, 0 for no limit. `most`: differences kept a partition."""

    rate: float
    most: int
