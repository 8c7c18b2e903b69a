"""Waits for changes as a downstream service does.

Arguments: Redis' URL, number of changes, names of the streams. Prints one JSON object: for each
change when its event was sent and when it was seen here (epoch ns). Ends without some if none come.
"""

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from redis import Redis

from benchmarks.latency.stamp import sent_at

_WAIT_MS = 15_000


def run(url: str, number: int, streams: Sequence[str]) -> list[tuple[int, int]]:
    """Read until so many changes have come."""
    seen: list[tuple[int, int]] = []
    after: dict[Any, Any] = dict.fromkeys(streams, "0")
    with Redis.from_url(url, socket_timeout=None) as redis:  # else a wait in vain is an error
        while len(seen) < number and (found := redis.xread(after, block=_WAIT_MS)):
            now = time.time_ns()
            for stream, entries in found:
                after[stream.decode()] = entries[-1][0]
                for _, fields in entries:
                    cause = json.loads(fields[b"data"])["cause"]
                    seen.append((sent_at(cause["id"]), now))
    return seen


if __name__ == "__main__":
    changes = run(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
    sys.stdout.write(json.dumps({"seen": changes}) + "\n")
