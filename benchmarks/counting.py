"""What the metrics cost of the agent's time, nothing behind it.

    python -m benchmarks.counting [--events 60000] [--block 500] [--runs 3]

Simulated members under the packaged catalogue, blocks of so many records, publisher and dead
letters answering at once: so the share is of decoding and deciding alone, the least that an event
can cost, and what is printed is the most that counting can be of the whole.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

from agents.catalogue_file import require_engine
from agents.metrics import Metrics
from agents.session import Call, Session
from agents.settings import PACKAGED_CATALOGUE
from agents.simulate.plan import Plan
from agents.simulate.traffic import Traffic
from agents.tagger import Tagger
from agents.transport.block import Block
from benchmarks.footprint import START_MS
from schemas.decode import Decoder
from schemas.topics import TOPICS
from streams.engine import Engine


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record as the agent sees it."""

    offset: int
    timestamp: int
    value: bytes
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()


class Silent:
    """Takes everything at once."""

    async def publish(self, _: Session, __: Call) -> None:
        """See Publisher."""

    async def send(self, *_: object) -> None:
        """See Outgoing."""


class Timed(Tagger):
    """The agent, with a watch on its counting."""

    counting_s = 0.0

    def _count(self, *what: Any) -> None:
        begun = time.process_time()
        super()._count(*what)
        self.counting_s += time.process_time() - begun


def blocks(owner: Session, events: int, size: int) -> Iterator[Block[Session]]:
    """Simulated traffic as blocks of one partition."""
    plan = Plan(START_MS, max(1, events // 15), events / 1000, 1000.0, speed=2_592.0)
    records, topics = list[Record](), list[int]()
    ends = [0] * len(TOPICS)
    for sent in Traffic(plan):
        topic = TOPICS.index(sent.topic)
        records.append(Record(ends[topic], sent.due, sent.value))
        topics.append(topic)
        ends[topic] += 1
        if len(records) == size:
            yield Block(owner, owner.positions, tuple(ends), records, topics, sent.due)
            records, topics = [], []


T = TypeVar("T", bound=Tagger)


async def spent_by(
    kind: type[T], engine: Engine, events: int, size: int, **more: Any
) -> tuple[float, T]:
    """CPU seconds of an agent of this kind for so many events, and the agent."""
    edges: dict[str, Any] = {"publisher": Silent(), "outgoing": Silent(), **more}
    tagger = kind(
        Decoder(engine.catalogue.currency),
        **edges,
        metrics=Metrics(),
        partitions=1,
        max_reject_ratio=1.0,
        on_lost=lambda *_: None,
    )
    owner = Session(0, engine.partition(0, TOPICS), 0, "r", "s", 1, 0, 0, (0,) * len(TOPICS), 1)
    spent = 0.0
    for block in blocks(owner, events, size):
        begun = time.process_time()
        await tagger.process(block)
        spent += time.process_time() - begun
    return spent, tagger


async def seconds(engine: Engine, events: int, size: int) -> tuple[float, float]:
    """CPU time of a run, and of the counting in it."""
    spent, tagger = await spent_by(Timed, engine, events, size)
    return spent, tagger.counting_s


def main() -> None:
    """Measure in turn and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--block", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    engine = require_engine(PACKAGED_CATALOGUE)
    runs = [asyncio.run(seconds(engine, asked.events, asked.block)) for _ in range(asked.runs)]
    spent, counting = (median(run[part] for run in runs) / asked.events * 1e6 for part in (0, 1))
    print(  # noqa: T201 - this is the program's voice
        f"us an event: {spent:.2f}, of which counting {counting:.2f}: {counting / spent:.1%}"
    )


if __name__ == "__main__":
    main()
