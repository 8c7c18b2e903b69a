"""The members: their names, who of them is busy, and which of them are in a planted story."""

from dataclasses import dataclass
from random import Random

_PRIME = 99_999_989
_SCATTER = 7_919_777


def name(member: int) -> str:
    """The user id of a member by number; neighbours get ids far apart, no two the same.

    >>> name(0), name(1)
    ('u00000000', 'u07919777')
    """
    return f"u{member * _SCATTER % _PRIME:08d}"


@dataclass(frozen=True, slots=True)
class Population:
    """Members 0 to `users` - 1, the busiest first; the last fifth are for the planted stories.

    Half of what happens is done by a tenth of the members, and among these most by few.
    """

    users: int

    @property
    def communities(self) -> int:
        """How many groups they have; a member is in up to three."""
        return max(3, self.users // 150)

    @property
    def suspects(self) -> range:
        """The members whom an anomaly is planted on."""
        return range(self.users - self._zone, self.users)

    @property
    def lookalikes(self) -> range:
        """The members whose acts only look like an anomaly."""
        return range(self.users - 2 * self._zone, self.users - self._zone)

    @property
    def ring_suspects(self) -> range:
        """The members who do together what none of them does alone."""
        return range(self.users - 3 * self._zone, self.users - 2 * self._zone)

    @property
    def ring_lookalikes(self) -> range:
        """The members who only seem to act together."""
        return range(self.users - 4 * self._zone, self.users - 3 * self._zone)

    @property
    def _zone(self) -> int:
        return max(1, self.users // 20) if self.users >= 4 else 0  # noqa: PLR2004 - leaves two

    def someone(self, rng: Random) -> int:
        """The member who acts now."""
        chance = 2 * rng.random()
        if chance < 1:
            return int(self.users * 0.1 * chance**1.5)
        return int(self.users * (chance - 1))

    def community(self, rng: Random, member: int) -> int:
        """One of the member's groups, the first one most often; low numbers are large groups."""
        which = int(3 * rng.random() ** 2)
        return (member * (which + 1) * 31 % 997) ** 2 * self.communities // 997**2
