"""What `/healthz` and `/readyz` say: is the main loop alive, are the partitions restored."""

import time
from collections.abc import Callable

STUCK_S = 30.0  # the main loop ticks each second


class Health:
    """Facts about one worker, written by its main loop, read by another thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self.stuck_s = clock, STUCK_S
        self._ticked = clock()
        self._recovering: int | None = None  # partitions to restore; None: not assigned any yet
        self._away: dict[str, str] = {}  # server -> what is wrong
        self._parts: dict[str, Health] = {}

    def beside(self, part: str) -> "Health":
        """The health of a part that restores partitions of its own; both must be done."""
        other = self._parts[part] = Health(self._clock)
        return other

    def tick(self) -> None:
        """The main loop is alive."""
        self._ticked = self._clock()

    def recovering(self, partitions: int | None) -> None:
        """So many partitions are ours and not handed out; None: we wait to be assigned some."""
        self._recovering = partitions

    def away(self, server: str, reason: str | None) -> bool:
        """A server is away (None: back). Returns whether that is news."""
        away = dict(self._away)  # replaced, not changed: another thread reads it
        before = away.pop(server, None)
        if reason is not None:
            away[server] = reason
        self._away = away
        return (before is None) != (reason is None)

    def why_away(self) -> str | None:
        """Which servers are away and why; None if all are there."""
        away = self._away
        return "; ".join(f"{server} is away ({why})" for server, why in away.items()) or None

    def why_dead(self) -> str | None:
        """Why the process should be restarted; None if it should not."""
        silent = self._clock() - self._ticked
        return f"main loop stuck for {silent:.0f} s" if silent > self.stuck_s else None

    def why_unready(self) -> str | None:
        """Why no work is done now, the cause first; None if it is."""
        return (
            "; ".join(why for why in (self.why_dead(), self.why_away(), self.to_do()) if why)
            or None
        )

    def to_do(self) -> str | None:
        """What stands between the assignment and the first block."""
        if self._recovering is None:
            return "waiting for partitions"
        if self._recovering:
            return f"restoring {self._recovering} partitions"
        parts = ((name, part.to_do()) for name, part in self._parts.items())
        return next((f"{name}: {why}" for name, why in parts if why), None)
