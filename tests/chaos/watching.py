"""Looks at a running deployment again and again: samples for I6 and I7."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from redis import Redis
from redis.exceptions import RedisError

from agents.names import Names
from agents.redis.keys import Keys
from agents.settings import Settings
from tests.chaos.background import Background
from tests.chaos.changelog import Changelog
from tests.chaos.invariants.order_of_writes import Sample

_EVERY_S = 0.3
_ANSWER_S = 3.0


class Watcher(Background):
    """Samples until `finish`. `redis` names the server of now, `losses` how often it lost data."""

    patience_s = 60.0

    def __init__(
        self, settings: Settings, redis: Callable[[], str], losses: Callable[[], int]
    ) -> None:
        super().__init__("watcher")
        self._settings, self._redis, self._losses = settings, redis, losses
        self._names, self._keys = Names.of(settings), Keys(settings.prefix)
        self._changelogs = [Changelog() for _ in range(settings.partitions)]
        self.samples: list[Sample] = []

    async def work(self) -> None:
        kafka = AIOKafkaConsumer(bootstrap_servers=self._settings.kafka, group_id=None)
        admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka)
        tps = [TopicPartition(self._names.changelog, p) for p in range(self._settings.partitions)]
        await kafka.start()
        await admin.start()
        try:
            kafka.assign(tps)
            await kafka.seek_to_beginning(*tps)
            while not self._ending.is_set():
                with suppress(KafkaError, RedisError, OSError, TimeoutError):
                    async with asyncio.timeout(_ANSWER_S):
                        await self._look(kafka, admin, tps)
                await asyncio.sleep(_EVERY_S)
        finally:
            await admin.close()
            await kafka.stop()

    async def _look(
        self,
        kafka: AIOKafkaConsumer,
        admin: AIOKafkaAdminClient,
        tps: Sequence[TopicPartition],
    ) -> None:
        """One sample of each partition: each answer is older than the next."""
        before = self._losses()
        committed = await admin.list_consumer_group_offsets(self._settings.app_id)
        ends = await kafka.end_offsets(tps)
        while any([await kafka.position(tp) < ends[tp] for tp in tps]):
            for tp, records in (await kafka.getmany(timeout_ms=50)).items():
                self._changelogs[tp.partition].add(records)
        with Redis.from_url(self._redis(), socket_timeout=1.0) as redis:
            metas = [self._meta(redis, tp.partition) for tp in tps]
        losses = (before, self._losses())
        for tp, meta in zip(tps, metas, strict=True):
            there = [committed.get(TopicPartition(t, tp.partition)) for t in self._names.topics]
            self.samples.append(
                Sample(
                    tp.partition,
                    tuple(max(0, entry.offset) if entry else 0 for entry in there),
                    self._changelogs[tp.partition].last,
                    meta,
                    tuple(int(meta.get(f"pos:{topic}", "0")) for topic in self._names.topics),
                    losses,
                )
            )

    def _meta(self, redis: "Redis", partition: int) -> dict[str, str]:
        found: dict[bytes, bytes] = redis.hgetall(self._keys.partition_meta(partition))  # type: ignore[assignment] # not awaitable
        return {name.decode(): value.decode() for name, value in found.items()}


def wait_until(holds: Callable[[], bool], within_s: float, pause_s: float = 0.05) -> bool:
    """Polls; whether it came to hold in time."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause_s)
    return True
