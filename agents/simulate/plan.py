"""What traffic is wanted: the whole of it follows from these numbers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """`rate * seconds` events, whose times run from `start` over `seconds * speed` seconds.

    `seconds` None: without end, at a steady rate. Shares are of all events, 0 to 1.
    """

    start: int  # epoch milliseconds
    users: int = 2_000
    rate: float = 200.0  # events a second
    seconds: float | None = 60.0
    seed: int = 1
    speed: float = 1.0  # seconds of event time in one second
    late: float = 0.02  # arrive up to `late_by` after their own time
    late_by: int = 5_000  # milliseconds
    duplicates: float = 0.002  # sent a second time, a little later
    broken: float = 0.0  # are rejected by tagstream, one way or another
    across_users: bool = False  # plant also what only shows across members

    @property
    def events(self) -> int | None:
        """How many events there will be, everything counted; None: without end."""
        return None if self.seconds is None else round(self.rate * self.seconds)

    @property
    def end(self) -> int | None:
        """Where the event times end, epoch milliseconds; None: nowhere."""
        return None if self.seconds is None else self.start + int(self.seconds * self.speed * 1000)

    @property
    def gap(self) -> float:
        """Milliseconds of event time between two events, on average."""
        return 1000 * self.speed / self.rate

    @property
    def run(self) -> str:
        """First part of every event id: two different plans do not reuse each other's ids."""
        return f"{(self.start * 1_000_003 + self.seed) & 0xFFFF_FFFF_FF:x}"
