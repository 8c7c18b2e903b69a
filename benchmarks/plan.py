"""What can be asked of the benchmark, and what it is by default."""

from collections.abc import Mapping
from dataclasses import dataclass

OURS = "ours"
OURS_TWO = "ours-2"
DEFAULT = (OURS, "faust", "aiokafka")
PACKAGED = "packaged"
KNOWN = (*DEFAULT, OURS_TWO, PACKAGED)  # what can be named
WORKERS: Mapping[str, int] = {OURS: 1, OURS_TWO: 2, PACKAGED: 1}
"""Us: with two workers; with the packaged catalogue on the events of the tag job."""
FETCHED = ("quix", "kstreams")  # by pip and Maven: only when asked for
MOST_EVENTS: Mapping[str, int] = {"faust": 100_000}  # 4,000 a second: a million takes minutes
EVENTS_A_USER = 10  # a million events come from 100,000 users
USERS = 100_000
STORM_USERS = 200_000


@dataclass(frozen=True, slots=True)
class Plan:
    """One call of the benchmark. `contestants`: who does the tag job; empty: nobody."""

    contestants: tuple[str, ...] = DEFAULT
    events: int = 1_000_000
    runs: int = 3
    users: int | None = (
        None  # of the tag job: one for ten events; of --recovery, --storm: see below
    )
    latency: bool = False
    rate: int = 1_000
    seconds: int = 30
    recovery: bool = False
    storm: bool = False

    def events_for(self, contestant: str) -> int:
        """Return how many events this one is given: the slow ones get fewer."""
        return min(self.events, MOST_EVENTS.get(contestant, self.events))

    def users_for(self, events: int) -> int:
        """Return how many users so many events are spread over.

        Fewer events come from fewer users, so that a user has as many as in the full job and
        the share of events that change a tag stays the same.

        >>> Plan(events=1_000_000).users_for(100_000), Plan(users=500, events=50).users_for(50)
        (10000, 500)
        """
        users = self.users or self.events // EVENTS_A_USER
        return max(10, users * events // self.events)

    @property
    def recovery_users(self) -> int:
        """Return how many users are restored."""
        return self.users or USERS

    @property
    def storm_users(self) -> int:
        """Return how many users are due at once."""
        return self.users or STORM_USERS
