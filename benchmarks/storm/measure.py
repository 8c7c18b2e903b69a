"""Starts worker and watcher, loads the users, lets the storm come, and makes figures of it."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from benchmarks.figures import TICK_S, percentile
from benchmarks.loading import delete_topics, fill
from benchmarks.parts import begin, said
from benchmarks.place import Place, forget_topics, place, prepare
from benchmarks.servers import Servers
from benchmarks.storm.plan import CATALOGUE, Due, due, load, window_s

_BEFORE_S, _AFTER_S = 10, 5  # of events: connections and first code paths are not the storm's
_ASKED_USERS_A_S = 20_000
_LATEST_S = 120.0
_NS_IN_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Storm:
    """One storm.

    `began_ms`: from the instant at which all were due until the first was seen gone; `took_s`: from
    the first to the last. `p50_ms` ... of the events sent from that instant until the last was
    gone, from sent to seen, `calm_...` of those sent before and after. `cpu_s`: the worker's, from
    the first gone to the last; `watcher_cpu_s`: of who looks, the same; near `took_s` it is what
    was measured.
    """

    users: int
    rate: int
    expired: int
    began_ms: float
    took_s: float
    events: int  # sent in the storm
    p50_ms: float
    p99_ms: float
    max_ms: float
    calm_p50_ms: float
    calm_p99_ms: float
    behind_ms: float  # how late the producer itself ever was
    cpu_s: float
    watcher_cpu_s: float
    faults: tuple[str, ...]

    @property
    def users_per_s(self) -> float:
        """Users settled and seen a second, from the first to the last."""
        return self.expired / max(self.took_s, 0.001)

    @property
    def users_per_cpu_s(self) -> float:
        """The same by the worker's CPU time, the other events and checkpoints included."""
        return self.expired / max(self.cpu_s, TICK_S)

    def as_json(self) -> dict[str, object]:
        """All fields and the rates."""
        rates = {
            "users_per_s": round(self.users_per_s),
            "users_per_cpu_s": round(self.users_per_cpu_s),
        }
        return {**asdict(self), **rates}


def measure(where: Servers, users: int, rate: int) -> Storm:
    """One storm of so many users, with so many events a second of others."""
    with TemporaryDirectory(prefix="tagstream-storm-") as name:
        folder = Path(name)
        catalogue = folder / "storm.yaml"
        catalogue.write_text(CATALOGUE.replace("WINDOW", str(window_s(users))))
        with place(where, f"bench{uuid4().hex[:8]}.", catalogue=str(catalogue)) as here:
            return asyncio.run(_Storm(here, folder, users, rate).run())


class _Storm:
    def __init__(self, here: Place, folder: Path, users: int, rate: int) -> None:
        self._here, self._folder = here, folder
        self._users, self._rate = users, rate
        storm_s = 2 * users // _ASKED_USERS_A_S
        self._number = rate * (_BEFORE_S + storm_s + _AFTER_S)

    async def run(self) -> Storm:
        """Everything up, all loaded, all gone, everything down."""
        await prepare(self._here)
        worker = self._here.worker("storm")
        worker.start()
        try:
            when = due(self._users, int(time.time() * 1000))
            return await self._weather(when, worker.child.pid)
        finally:
            worker.stop()
            await forget_topics(self._here)
            await delete_topics(self._here.settings.kafka, self._here.names.inputs)

    async def _weather(self, when: Due, worker: int) -> Storm:
        settings, topic = self._here.settings, self._here.names.topic("interactions")
        streams = [self._here.keys.changes(p) for p in range(settings.partitions)]
        numbers = (worker, self._users, self._number, when.instant)
        watcher = begin("storm.watcher", self._folder, settings.redis, *map(str, numbers), *streams)
        producer = None
        try:
            await fill(settings.kafka, load(topic, self._users, when.event))
            await _until(when.instant - 1000 * _BEFORE_S)
            pace = "visit", str(self._rate), str(self._number)
            producer = begin("latency.producer", self._folder, settings.kafka, topic, *pace)
            within_s = self._number / self._rate + _LATEST_S
            sent, seen = await said(producer, within_s), await said(watcher, within_s)
        finally:
            for child in (watcher, producer):
                if child is not None:
                    child.stop()
        return figures(self._users, self._rate, when.instant, sent, seen)


async def _until(ms: int) -> None:
    await asyncio.sleep(max(0.0, ms / 1000 - time.time()))


def figures(
    users: int,
    rate: int,
    instant: int,
    sent: Mapping[str, Any],
    seen: Mapping[str, Any],
) -> Storm:
    """Make figures of what the producer and the watcher said."""
    begin_ns = instant * _NS_IN_MS
    first, last = seen["first_ns"], seen["last_ns"]
    events: Sequence[tuple[int, int]] = seen["events"]
    warm = begin_ns - (_BEFORE_S // 2) * 1000 * _NS_IN_MS
    ms = sorted((at - was) / _NS_IN_MS for was, at in events if begin_ns <= was <= last) or [0.0]
    calm = [p for p in events if warm <= p[0] < begin_ns or p[0] > last]
    calm_ms = sorted((at - was) / _NS_IN_MS for was, at in calm) or [0.0]
    return Storm(
        users=users,
        rate=rate,
        expired=seen["expired"],
        began_ms=(first - begin_ns) / _NS_IN_MS,
        took_s=(last - first) / 1000 / _NS_IN_MS,
        events=sum(begin_ns <= was <= last for was, _ in events),
        p50_ms=percentile(ms, 0.5),
        p99_ms=percentile(ms, 0.99),
        max_ms=ms[-1],
        calm_p50_ms=percentile(calm_ms, 0.5),
        calm_p99_ms=percentile(calm_ms, 0.99),
        behind_ms=sent["behind_ms"],
        cpu_s=seen["worker_cpu_s"],
        watcher_cpu_s=seen["cpu_s"],
        faults=tuple(_faults(users, sent, seen)),
    )


def _faults(users: int, sent: Mapping[str, Any], seen: Mapping[str, Any]) -> list[str]:
    """A storm that was not all there, or not all right."""
    counts = {
        f"{seen['came']} users of {users} had their tag before the storm": seen["came"] == users,
        f"{seen['expired']} tags of {users} went": seen["expired"] == users,
        f"{len(seen['events'])} changes seen of {sent['sent']} other events": (
            len(seen["events"]) == sent["sent"]
        ),
    }
    wrong = [f"not what the storm had to bring: {change}" for change in seen["wrong"]]
    return [*(told for told, holds in counts.items() if not holds), *wrong]
