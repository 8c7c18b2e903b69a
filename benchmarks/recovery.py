"""How long until a killed worker is ready again on a machine that kept nothing.

A worker keeps nothing on disk, so every start is on an empty machine: all users come out of
the changelog. Static membership, as anybody would use who cares.
"""

import asyncio
import re
import time
from dataclasses import asdict, dataclass
from uuid import uuid4

from benchmarks.events import everybody
from benchmarks.loading import delete_topics
from benchmarks.meter import read
from benchmarks.ours import EVENT_TIME, until_durable, write_input
from benchmarks.place import Place, forget_topics, place, prepare
from benchmarks.servers import Servers
from tests.servers.worker import Worker

_RESTORED = re.compile(r"partition \d+: (\d+) users from (\d+) records in ([0-9.]+) s")
_READY = re.compile(r"ready: \d+ partitions in ([0-9.]+) s")
_READY_WITHIN_S = 600.0
_SAID_WITHIN_S = 5.0
_LEAST_S = 0.1  # the log's last digit


@dataclass(frozen=True, slots=True)
class Recovered:
    """One recovery.

    `ready_s`: from the start of the process to /readyz. Of that, `taking_s`: from the assignment
    of its partitions to all of them handed out. Of that, `reading_s`: the changelog alone, as
    the worker logs it, in tenths a partition: meaningful for many users only.
    """

    users: int
    records: int
    ready_s: float
    taking_s: float
    reading_s: float
    rss_mb: float
    faults: tuple[str, ...]

    @property
    def records_per_s(self) -> float:
        """Records of the changelog read a second."""
        return self.records / max(self.reading_s, _LEAST_S)

    @property
    def bytes_a_user(self) -> float:
        """The whole process's memory, shared out."""
        return self.rss_mb * 2**20 / self.users

    def as_json(self) -> dict[str, object]:
        """All fields and what follows from them."""
        follows = {"records_per_s": round(self.records_per_s)}
        return {**asdict(self), **follows, "bytes_a_user": round(self.bytes_a_user)}


def measure(where: Servers, users: int) -> Recovered:
    """Load, SIGKILL, start again."""
    prefix = f"bench{uuid4().hex[:8]}."
    with place(where, prefix, instance_id="bench-1", **EVENT_TIME) as here:
        return asyncio.run(_measure(where, here, users))


async def _measure(where: Servers, here: Place, users: int) -> Recovered:
    await write_input(where, here.settings.topic_prefix, everybody(users))
    await prepare(here)
    worker = here.worker("recovery")
    try:
        worker.launch()
        await until_durable(here, worker)
        worker.kill()
        return _again(worker, users)
    finally:
        worker.stop()
        await forget_topics(here)
        await delete_topics(where.kafka, here.names.inputs)


def _again(worker: Worker, users: int) -> Recovered:
    begun = time.monotonic()
    worker.start(_READY_WITHIN_S)
    ready_s = time.monotonic() - begun
    while not _READY.search(worker.text) and time.monotonic() - begun < ready_s + _SAID_WITHIN_S:
        time.sleep(0.01)  # /readyz may be a moment ahead of the log
    rss_mb = read(worker.child.pid).rss_mb
    return figures(worker.text, users, ready_s, rss_mb)


def figures(log: str, users: int, ready_s: float, rss_mb: float) -> Recovered:
    """Make figures of what the worker logged."""
    restored = [(int(u), int(r), float(s)) for u, r, s in _RESTORED.findall(log)]
    users_found = sum(found for found, _, _ in restored)
    records = sum(read_ for _, read_, _ in restored)
    reading_s = sum(seconds for _, _, seconds in restored)
    said = _READY.search(log)
    taking_s = float(said[1]) if said else ready_s
    faults = () if users_found == users else (f"{users_found} users restored of {users}",)
    return Recovered(users, records, ready_s, taking_s, reading_s, rss_mb, faults)
