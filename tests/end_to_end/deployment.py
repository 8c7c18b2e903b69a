"""A whole tagstream for a test: topics, workers as processes, events sent, waiting for the end."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from redis import Redis

from agents.names import Names
from agents.redis.keys import Keys
from agents.settings import Settings
from agents.topics.manage import ensure_topics
from tests.servers import Namespace
from tests.servers.worker import Worker

COMPLETE = {
    "TAGSTREAM_CLOCK": "event",
    "TAGSTREAM_STREAM_LENGTH": "0",
    "TAGSTREAM_JOURNAL_KEEP": "1",
    "TAGSTREAM_DLQ_MAX_RATIO": "1",
}
"""Settings under which everything that was published can be audited afterwards."""


class Deployment:
    """tagstream in a namespace of its own on given servers."""

    def __init__(self, kafka: str, redis: str, **settings: str) -> None:
        names = Namespace.fresh()
        self.environment = {**names.environment(kafka, redis), **COMPLETE, **settings}
        lower = {k.removeprefix("TAGSTREAM_").lower(): v for k, v in self.environment.items()}
        self.settings = Settings.load(**lower)
        self.names, self.keys = Names.of(self.settings), Keys(self.settings.prefix)
        self.partitions = self.settings.partitions
        asyncio.run(ensure_topics(self.settings))
        self._workers = 0

    def worker(self, program: str = "agents.commands", **settings: str) -> Worker:
        """A worker that is not started yet; `program`: the module that is run."""
        self._workers += 1
        return Worker({**self.environment, **settings}, f"worker-{self._workers}", program)

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command of the program, as a user types it."""
        return self.run_with({}, *command, check=check)

    def run_with(
        self, changed: Mapping[str, str], *command: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """The same with other settings than the workers'."""
        settings = [f"{k}={v}" for k, v in {**self.environment, **changed}.items()]
        return subprocess.run(
            ["env", *settings, sys.executable, "-m", "agents.commands", *command],
            capture_output=True,
            text=True,
            check=check,
            timeout=300,
        )

    def redis(self) -> Any:
        """A connection of the test's own."""
        return Redis.from_url(self.settings.redis)

    def send(self, *files: Path) -> None:
        """Sends files of events to their topics."""
        self.run("send", *map(str, files))

    def wait_until_applied(self, within_s: float = 120.0, workers: Sequence[Worker] = ()) -> None:
        """Waits until Redis shows the ends of all topics, forwarded events included."""
        deadline = time.monotonic() + within_s
        while (behind := self.behind()) and time.monotonic() < deadline:
            time.sleep(0.2)
        if behind:
            logs = "\n".join(f"--- {w.log}\n{w.text[-3000:]}" for w in workers)
            raise AssertionError(f"not applied after {within_s} s: {behind}\n{logs}")

    def behind(self) -> dict[str, int]:
        """How many records of each topic partition Redis does not show yet; empty: none."""
        ends = asyncio.run(self._ends())
        with self.redis() as redis:
            at = {
                tp: int(redis.hget(self.keys.partition_meta(tp.partition), f"pos:{tp.topic}") or 0)
                for tp in ends
            }
        return {
            f"{tp.topic}:{tp.partition}": end - at[tp] for tp, end in ends.items() if end > at[tp]
        }

    async def _ends(self) -> dict[TopicPartition, int]:
        kafka = AIOKafkaConsumer(bootstrap_servers=self.settings.kafka, group_id=None)
        await kafka.start()
        try:
            tps = [TopicPartition(t, p) for t in self.names.topics for p in range(self.partitions)]
            return dict(await kafka.end_offsets(tps))
        finally:
            await kafka.stop()
