"""Starts worker, subscriber and producer, and makes figures of what the subscriber saw."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.figures import percentile
from benchmarks.latency.stamp import sent_at
from benchmarks.loading import delete_topics
from benchmarks.meter import read
from benchmarks.parts import begin, said
from benchmarks.place import CATALOGUE, Place, forget_topics, place, prepare
from benchmarks.servers import Servers

DETECTING = CATALOGUE.with_name("community_lending.yaml")  # the tag job has no detectors
WARM_UP_S = 10  # not counted: connections, first code paths, the broker's JIT
_GRACE_S = 30.0
_NS_IN_MS = 1_000_000


class What(NamedTuple):
    """The topic and the type of the events that are sent."""

    topic: str
    event: str


CHANGES = What("interactions", "visit")  # the first event of a new user: a tag
ALERTS = What("transactions", "overdue")  # the first too, and an alert of `overdue_loan`


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from sent to seen, and from the record's arrival at the broker to seen.

    The difference is the producer's and the broker's. `behind_ms`: how late the producer itself
    ever was.
    """

    rate: int
    seconds: int
    sent: int
    seen: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    arrived_p50_ms: float
    arrived_p99_ms: float
    behind_ms: float
    cpu_share: float  # of one core, used by the worker meanwhile
    faults: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """All fields."""
        return asdict(self)


def measure(where: Servers, rate: int, seconds: int, *, alerts: bool = False) -> Latency:
    """One run: `rate` events a second for so long; until the change is seen, or the alert."""
    prefix = f"bench{uuid4().hex[:8]}."
    more = {"catalogue": str(DETECTING)} if alerts else {}
    with (
        place(where, prefix, **more) as here,
        TemporaryDirectory(prefix="tagstream-latency-") as folder,
    ):
        return asyncio.run(_Latency(here, Path(folder), rate, seconds, alerts=alerts).run())


class _Latency:
    def __init__(self, here: Place, folder: Path, rate: int, seconds: int, *, alerts: bool) -> None:
        self._here, self._folder = here, folder
        self._rate, self._seconds = rate, seconds
        self._what = ALERTS if alerts else CHANGES
        self._topic = here.names.topic(self._what.topic)

    async def run(self) -> Latency:
        """Everything up, all sent, all seen, everything down."""
        await prepare(self._here)
        worker = self._here.worker("latency")
        worker.start()
        try:
            before = read(worker.child.pid)
            sent, seen = await self._send_and_see()
            after = read(worker.child.pid)
            arrivals = await arrived(self._here, self._topic)
        finally:
            worker.stop()
            await forget_topics(self._here)
            await delete_topics(self._here.settings.kafka, self._here.names.inputs)
        share = (after.cpu_s - before.cpu_s) / (after.wall - before.wall)
        return figures(self._rate, self._seconds, sent, seen["seen"], arrivals, share)

    async def _send_and_see(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        settings, keys = self._here.settings, self._here.keys
        stream = keys.alerts if self._what is ALERTS else keys.changes
        streams = [stream(p) for p in range(settings.partitions)]
        number = self._rate * self._seconds
        subscriber = begin(
            "latency.subscriber", self._folder, settings.redis, str(number), *streams
        )
        what = (self._topic, self._what.event, str(self._rate), str(number))
        producer = begin("latency.producer", self._folder, settings.kafka, *what)
        try:
            within_s = self._seconds + _GRACE_S
            return await said(producer, within_s), await said(subscriber, within_s)
        finally:
            producer.stop()
            subscriber.stop()


async def arrived(here: Place, topic: str) -> Mapping[int, int]:
    """When each event arrived (epoch ms: the broker's stamp), by the moment it was sent."""
    tps = [TopicPartition(topic, p) for p in range(here.settings.partitions)]
    found: dict[int, int] = {}
    async with AIOKafkaConsumer(
        bootstrap_servers=here.settings.kafka, auto_offset_reset="earliest"
    ) as kafka:
        kafka.assign(tps)
        todo = {tp: end for tp, end in (await kafka.end_offsets(tps)).items() if end}
        while todo:
            for tp, records in (await kafka.getmany(*todo, timeout_ms=500)).items():
                found |= {sent_at(json.loads(r.value)["id"]): r.timestamp for r in records}
                if records[-1].offset + 1 >= todo[tp]:
                    del todo[tp]
    return found


def figures(
    rate: int,
    seconds: int,
    sent: Mapping[str, Any],
    seen: Sequence[tuple[int, int]],
    arrivals: Mapping[int, int],
    cpu_share: float,
) -> Latency:
    """Make figures of pairs (sent, seen), epoch ns, without those of the warm-up."""
    warm_up_s = min(WARM_UP_S, seconds / 3)
    begin = min((at for at, _ in seen), default=0) + warm_up_s * 1000 * _NS_IN_MS
    counted = [(at, there) for at, there in seen if at >= begin]
    ms = sorted((there - at) / _NS_IN_MS for at, there in counted) or [0.0]
    since_arrival = sorted(there / _NS_IN_MS - arrivals[at] for at, there in counted) or [0.0]
    faults = (
        () if len(seen) == sent["sent"] else (f"{len(seen)} changes seen of {sent['sent']} events",)
    )
    return Latency(
        rate=rate,
        seconds=seconds,
        sent=sent["sent"],
        seen=len(seen),
        p50_ms=percentile(ms, 0.5),
        p90_ms=percentile(ms, 0.9),
        p99_ms=percentile(ms, 0.99),
        max_ms=ms[-1],
        arrived_p50_ms=percentile(since_arrival, 0.5),
        arrived_p99_ms=percentile(since_arrival, 0.99),
        behind_ms=sent["behind_ms"],
        cpu_share=cpu_share,
        faults=faults,
    )
