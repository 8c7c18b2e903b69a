"""Sees every change as a downstream service does, and judges those of the storm as they come.

Arguments: Redis' URL, process id of the worker, users, number of other events, instant of the storm
(epoch ms), names of the streams. Ends when all has been seen, or nothing comes any more. Prints one
JSON object.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from redis import Redis

from benchmarks.latency.stamp import sent_at
from benchmarks.meter import read
from benchmarks.storm.plan import CALM, STORMY, number_of

_WAIT_MS = 1_000
_PATIENCE_S = 40.0  # after the storm is due
_MOST_WRONG = 5  # one is enough to fail, a few show the pattern


class Cause(msgspec.Struct):
    """Why a tag changed."""

    kind: str
    id: str = ""


class Change(msgspec.Struct):
    """What is looked at of a change."""

    user_id: str
    tag: str
    old: bool | None
    new: bool | None
    time: int
    cause: Cause


@dataclass
class Seen:
    """What has been seen so far. Times of this process are epoch ns."""

    worker: int
    users: int
    instant: int
    came: int = 0  # users of the storm whose tag came
    first_ns: int = 0  # of the storm
    last_ns: int = 0
    expired: int = 0
    wrong: list[str] = field(default_factory=list)
    events: list[tuple[int, int]] = field(default_factory=list)  # others: sent, seen
    cpu_s: float = 0.0  # used by this process during the storm
    worker_cpu_s: float = 0.0  # and by the worker

    def __post_init__(self) -> None:
        self._gone = bytearray(self.users)
        self._decode = msgspec.json.Decoder(Change).decode
        self._before = self._now()

    def take(self, data: bytes, now: int) -> None:
        """One more change."""
        change = self._decode(data)
        if change.tag == CALM:
            self.events.append((sent_at(change.cause.id), now))
        elif change.new and change.cause.kind == "event" and change.time < self.instant:
            self.came += 1
        else:
            self._take_expiry(change, now)

    def _take_expiry(self, change: Change, now: int) -> None:
        number = number_of(change.user_id)
        what = (change.tag, change.old, change.new, change.time, change.cause.kind)
        if what != (STORMY, True, None, self.instant, "expiry") or self._gone[number]:
            if len(self.wrong) < _MOST_WRONG:
                self.wrong.append(repr(change))
            return
        self._gone[number] = 1
        if not self.first_ns:
            self.first_ns, self._before = now, self._now()
        self.expired, self.last_ns = self.expired + 1, now
        if self.expired == self.users:
            after = self._now()
            self.cpu_s, self.worker_cpu_s = (
                b - a for a, b in zip(self._before, after, strict=True)
            )

    def _now(self) -> tuple[float, float]:
        """CPU time of this process and of the worker."""
        return time.process_time(), read(self.worker).cpu_s


def run(
    url: str, worker: int, users: int, number: int, instant: int, streams: Sequence[str]
) -> Seen:
    """Read until everything has been seen."""
    seen = Seen(worker, users, instant)
    after: dict[bytes, Any] = {name.encode(): b"0" for name in streams}
    last_ns = time.time_ns()
    with Redis.from_url(url, protocol=2) as redis:
        connection = redis.connection_pool.get_connection()
        while seen.expired < users or len(seen.events) < number:
            # as it comes off the wire: this process is not to be what is measured
            connection.send_command("XREAD", "BLOCK", _WAIT_MS, "STREAMS", *after, *after.values())
            found: Any = connection.read_response()
            now = time.time_ns()
            for stream, entries in found or ():
                after[stream], last_ns = entries[-1][0], now
                for _, (_, data) in entries:
                    seen.take(data, now)
            if now > max(last_ns, instant * 1_000_000) + _PATIENCE_S * 1e9:
                break
    return seen


if __name__ == "__main__":
    worker, users, number, instant = (int(argument) for argument in sys.argv[2:6])
    all_seen = run(sys.argv[1], worker, users, number, instant, sys.argv[6:])
    sys.stdout.write(msgspec.json.encode(all_seen).decode() + "\n")
