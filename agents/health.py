"""What `/healthz` and `/readyz` say: is the main loop alive, are the partitions restored."""

import time
from collections.abc import Callable

_STUCK_S = 30.0


class Health:
    """Facts about one worker, written by its main loop, read by another thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ticked = clock()
        self._recovering: int | None = (
            None  # partitions being restored; None before the first assignment
        )
        self._away: dict[str, str] = {}  # server -> what is wrong

    def tick(self) -> None:
        """The main loop is alive."""
        self._ticked = self._clock()

    def recovering(self, partitions: int) -> None:
        """So many partitions were assigned, and are being restored."""
        self._recovering = partitions

    def ready(self) -> None:
        """All of them are handed out."""
        self._recovering = 0

    def away(self, server: str, reason: str | None) -> bool:
        """A server is away (None: back). Returns whether that is news."""
        before = self._away.pop(server, None)
        if reason is not None:
            self._away[server] = reason
        return (before is None) != (reason is None)

    def why_dead(self) -> str | None:
        """Why the process should be restarted; None if it should not."""
        silent = self._clock() - self._ticked
        return f"main loop stuck for {silent:.0f} s" if silent > _STUCK_S else None

    def why_unready(self) -> str | None:
        """Why no work is done now; None if it is."""
        if dead := self.why_dead():
            return dead
        if self._recovering is None:
            return "waiting for partitions"
        if self._recovering:
            return f"restoring {self._recovering} partitions"
        if self._away:
            return "; ".join(f"{server} is away ({why})" for server, why in self._away.items())
        return None
