"""What a process has used up so far, read from /proc: CPU of all threads and children, memory."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
_UTIME, _RSS = 11, 21  # fields of /proc/PID/stat behind the name, which may hold anything


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a process; `wall` is a clock that only makes sense in differences."""

    wall: float
    cpu_s: float
    rss_mb: float


def read(pid: int) -> Reading:
    """Look at a process now; ProcessLookupError if it is gone. CPU comes in steps of 10 ms."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except FileNotFoundError:
        raise ProcessLookupError(pid) from None
    fields = stat[stat.rindex(b")") + 2 :].split()
    user, system, children_user, children_system = map(int, fields[_UTIME : _UTIME + 4])
    ticks = user + system + children_user + children_system
    return Reading(time.monotonic(), ticks / _TICKS_A_SECOND, int(fields[_RSS]) * _PAGE_MB)


def read_all(pids: Iterable[int]) -> Reading:
    """Look at several processes: their CPU and memory together, the time of the last look."""
    readings = [read(pid) for pid in pids]
    cpu, memory = sum(r.cpu_s for r in readings), sum(r.rss_mb for r in readings)
    return Reading(readings[-1].wall, cpu, memory)
