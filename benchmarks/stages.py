"""What an event costs, stage by stage, in microseconds: the cost model of docs/performance.md.

    python -m benchmarks.stages [--job packaged] [--events 250000] [--runs 3] [--json]

Each stage of a worker alone, in the worker's own code, on one partition of the tag job (250,000
events are its share of a million), in blocks as the transport makes them and with as many
checkpoints as a busy worker has. No servers: what the clients of Kafka and Redis, Faust and the
event loop cost on top is the difference to `tagstream bench`.
"""

import argparse
import asyncio
import gc
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from typing import Any

from aiokafka import AIOKafkaProducer
from hiredis import pack_command

from agents.applying import Applied, Applying
from agents.decoding import decoded
from agents.redis.fenced import Fenced
from agents.redis.keys import Keys
from agents.redis.link import Argument, Link, Script
from agents.redis.links import Links
from agents.redis.publisher import Publisher
from agents.session import Session
from agents.transport.merge import Merge
from benchmarks.events import events
from benchmarks.jobs import PACKAGED, TAG_JOB, Job
from benchmarks.plan import EVENTS_A_USER
from schemas.decode import Decoder
from schemas.decode_many import Record
from schemas.events import Event
from schemas.records import with_epoch
from schemas.rejects import Rejected
from schemas.topics import TOPICS
from streams.engine import Engine

BLOCK = 2_000
CHECKPOINT = 10_000  # events between two: half a second of a partition at 80,000 events/s over four
NAMES = tuple(f"bench.{topic}" for topic in TOPICS)
JOBS = {"tag": TAG_JOB, "packaged": PACKAGED}
STAGES = ("merge", "decode", "apply", "publish", "rows", "changelog")
"""Topics into one order; bytes into events; the engine and the calls it is cut into; a call

into Redis' protocol; users into rows; rows into record batches."""


@dataclass(slots=True)
class Input:
    """A record as the Kafka client hands it over."""

    topic: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass(slots=True)
class Costs:
    """CPU seconds by stage, and what went through."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    changes: int = 0
    rows: int = 0
    bytes_to_redis: int = 0
    bytes_to_changelog: int = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Books the CPU time of a `with`."""
        begun = time.process_time()
        yield
        self.seconds[name] += time.process_time() - begun


class Swallowing(Link):
    """A Redis that agrees at once: what is left is the making of the call."""

    def __init__(self) -> None:
        super().__init__("redis://127.0.0.1:1/0")  # never connected
        self.sent = 0

    async def run(
        self, script: Script, keys: Sequence[str], arguments: Sequence[Argument], server: str | None
    ) -> Any:
        """Packs the call as the connection would, and throws it away."""
        del server
        command = ("EVALSHA", script.sha, len(keys), *keys, *arguments)
        self.sent += len(pack_command(command))  # type: ignore[arg-type] # any length
        return b"ok"


class Decoded(Decoder):
    """Gives out what was decoded before, so that applying is measured without it."""

    def __init__(self, ready: Sequence[Event | Rejected]) -> None:
        super().__init__("CNY")
        self._ready = iter(ready)

    def decode_all(self, topic: str, records: Sequence[Record]) -> list[Event | Rejected]:
        """The next ones."""
        del topic
        return list(islice(self._ready, len(records)))


class Pipeline:
    """One partition of a worker, its stages apart."""

    def __init__(self, engine_: Engine) -> None:
        self.costs = Costs()
        self._state = engine_.partition(0, NAMES)
        self._decoder = Decoder(engine_.catalogue.currency)
        self._redis = Swallowing()
        fenced = Fenced(Links(lambda: self._redis), lambda _: None)
        self._publisher = Publisher(fenced, Keys("bench"), NAMES, 100_000)
        positions = (0,) * len(TOPICS)
        self._session = Session(0, self._state, 0, "run", "", 0, 0, 0, positions, 0)
        self._producer = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1", max_batch_size=1 << 20)

    async def block(self, records: Sequence[Input]) -> None:
        """Takes a block all the way to Redis."""
        costs = self.costs
        with costs.stage("merge"):
            merged, topics = self._merge(records)
        with costs.stage("decode"):
            ready = decoded(self._decoder, merged, topics)
        with costs.stage("apply"):
            applied = self._apply(merged, topics, ready)
        with costs.stage("publish"):
            for call in applied.calls:
                await self._publisher.publish(self._session, call)
        costs.changes += sum(len(call.changes) for call in applied.calls)
        costs.bytes_to_redis = self._redis.sent

    def _merge(self, records: Sequence[Input]) -> tuple[list[Input], list[int]]:
        merge: Merge[Input] = Merge(self._session.positions)
        for index, feed in enumerate(merge.feeds):
            feed.records = [record for record in records if record.topic == index]
            feed.ended = True
        return merge.take(len(records))

    def _apply(
        self, records: Sequence[Input], topics: Sequence[int], ready: Sequence[Event | Rejected]
    ) -> Applied:
        session = self._session
        # One partition: that all users belong here is looked up, but nobody is sent on.
        applying = Applying(self._state, 0, 1, Decoded(_by_topic(ready, topics)), session.positions)
        applying.records(records, topics)
        after = list(session.positions)
        for topic, record in zip(topics, records, strict=True):
            after[topic] = record.offset + 1
        session.positions = tuple(after)
        return applying.finish(session.positions)

    def checkpoint(self) -> None:
        """Rows, and the batches that hold them."""
        with self.costs.stage("rows"):
            rows = [(user.encode(), with_epoch(0, row)) for user, row in self._state.take_dirty()]
        with self.costs.stage("changelog"):
            size = self._batches(rows)
        self.costs.rows += len(rows)
        self.costs.bytes_to_changelog += size

    async def close(self) -> None:
        """Ends the producer, which was never connected."""
        await self._producer.stop()

    def _batches(self, rows: Sequence[tuple[bytes, bytes]]) -> int:
        """As `Changelog` fills them; the bytes that go to Kafka."""
        full, batch = [], self._producer.create_batch()
        for key, value in rows:
            if batch.append(key=key, value=value, timestamp=None) is None:
                full.append(batch)
                batch = self._producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
        for one in (*full, batch):
            one.close()
        return sum(len(one._build()) for one in (*full, batch))  # noqa: SLF001 - packs on the way out


def _by_topic(events: Sequence[Event | Rejected], topics: Sequence[int]) -> list[Event | Rejected]:
    """In the order in which the topics are asked for."""
    return [e for index in set(topics) for e, t in zip(events, topics, strict=True) if t == index]


def inputs(number: int) -> Iterator[Input]:
    """Return the tag job's events as records of one partition."""
    offsets = [0] * len(TOPICS)
    for event in events(number, number // EVENTS_A_USER):
        topic = TOPICS.index(event.topic)
        yield Input(topic, offsets[topic], event.time, event.key, event.ours)
        offsets[topic] += 1


async def run(number: int, job: Job = TAG_JOB, checkpoint: int = CHECKPOINT) -> Costs:
    """All events through all stages, once, with a checkpoint after so many."""
    pipeline, source, since = Pipeline(job.engine()), inputs(number), 0
    while records := list(islice(source, BLOCK)):
        await pipeline.block(records)
        since += len(records)
        if since >= checkpoint:
            pipeline.checkpoint()
            since = 0
    pipeline.checkpoint()
    await pipeline.close()
    return pipeline.costs


def microseconds(costs: Sequence[Costs], number: int) -> dict[str, float]:
    """Return the median cost of an event by stage, and of all."""
    by_stage = {
        stage: median(one.seconds[stage] for one in costs) * 1e6 / number for stage in STAGES
    }
    return {**by_stage, "total": sum(by_stage.values())}


def shown(figures: Mapping[str, float], last: Costs, number: int) -> str:
    """Return the figures for people."""
    lines = [f"{stage:10} {cost:6.2f} us an event" for stage, cost in figures.items()]
    shares = (
        f"an event: {last.changes / number:.3f} changes, {last.rows / number:.3f} rows, "
        f"{last.bytes_to_redis / number:.0f} bytes to Redis, "
        f"{last.bytes_to_changelog / number:.0f} bytes to the changelog"
    )
    return "\n".join([*lines, shares]) + "\n"


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages")
    parser.add_argument("--events", type=int, default=250_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--job", choices=JOBS, default="tag")
    parser.add_argument("--checkpoint", type=int, default=CHECKPOINT, help="events between two")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    gc.set_threshold(50_000, 20, 50)  # as the worker does
    gc.freeze()
    costs = [
        asyncio.run(run(given.events, JOBS[given.job], given.checkpoint)) for _ in range(given.runs)
    ]
    figures = microseconds(costs, given.events)
    said = json.dumps(figures) + "\n" if given.json else shown(figures, costs[-1], given.events)
    sys.stdout.write(said)


if __name__ == "__main__":
    main(sys.argv[1:])
