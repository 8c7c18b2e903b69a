"""The wall clock that partitions may follow: one that a jump of the host's clock does not fool.

A tag that goes early costs a person a loan, so the host's clock alone is not believed. Two others
are asked: the time since boot, which cannot be set, and the broker's stamp on what we wrote last.
While host and broker agree, the host's clock is right. When they stop to agree, time goes on
from where they last did; if they never did, the slower of the two counts. So nothing is early,
and where somebody sets the clock right again, it is believed again.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

TOLERANCE_MS = 2_000  # between host and broker: they are two machines
_SLOW_MS = 1_000  # a stamp that took longer to reach us says too little about now
_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # the first is Linux' own


class Instant(NamedTuple):
    """One moment on the host's two clocks, in ms."""

    wall: int  # since the epoch, as the host believes
    boot: int  # since the host started, also while it slept


def read_host() -> Instant:
    """The host's clocks now."""
    return Instant(int(time.time() * 1000), time.clock_gettime_ns(_BOOT) // 1_000_000)


class WallClock:
    """`on_skew` is told how far off a host is that is not believed (ms), None when it is again."""

    def __init__(
        self, on_skew: Callable[[int | None], None], read: Callable[[], Instant] = read_host
    ) -> None:
        self._read, self._on_skew = read, on_skew
        begin = read()
        self._steady = begin.wall - begin.boot  # wall clock less boot time, when last believed
        self._broker: int | None = None  # the same by the broker's stamps
        self._believed = True

    def host(self) -> Instant:
        """The host's clocks now, as they are."""
        return self._read()

    def stamped(self, stamp_ms: int, sent: Instant) -> None:
        """The broker has just acknowledged what was sent at `sent`, and stamped it so."""
        boot = self._read().boot
        if boot - sent.boot <= _SLOW_MS:
            self._broker = stamp_ms - boot

    def now(self) -> int:
        """The time (epoch ms) that a partition's clock may be moved by."""
        wall, boot = self._read()
        right = self._steady if self._broker is None else self._broker
        skew = wall - boot - right
        if abs(skew) <= TOLERANCE_MS:
            self._steady = wall - boot
            self._tell(None)
            return wall
        self._tell(skew)
        return boot + min(self._steady, right)

    def polled(self, polled_ms: int) -> int | None:
        """What `now` was when the host's clock said `polled_ms`; None if that cannot be told."""
        age = self._read().wall - polled_ms
        return self.now() - age if 0 <= age <= TOLERANCE_MS else None

    def _tell(self, skew: int | None) -> None:
        believed = skew is None
        if believed != self._believed:
            self._believed = believed
            self._on_skew(skew)
