"""What traces cost of the agent's time, with links to the traces of producers and without.

    python -m benchmarks.tracing [--events 60000] [--block 500] [--runs 3]

Blocks and edges as in `benchmarks.counting`: decoding and deciding alone, so that the share is the
most that it can be of the whole. Then the same blocks are told once more, and nothing else is
done: the difference of two long runs would be lost in what else the machine does. Spans are encoded
for the wire, by the library's own thread, whose CPU time counts; only the requests to the
collector are left out, one for up to 512 blocks.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import Any, Self

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from agents.applying import Applied
from agents.catalogue_file import require_engine
from agents.session import Session
from agents.settings import PACKAGED_CATALOGUE, Settings
from agents.tagger import Tagger
from agents.tracing.spans import MOST_LINKS, Spans
from agents.tracing.traces import UNTRACED, Traces
from agents.transport.block import Block
from benchmarks.counting import Record, spent_by
from streams.engine import Engine

AGENT = "decoding and deciding"
Told = tuple[Block[Session], Applied]


class Encoding(SpanExporter):
    """Encodes as for the wire, and throws it away."""

    sent = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See SpanExporter."""
        self.sent += len(encode_spans(spans).SerializeToString())
        return SpanExportResult.SUCCESS


class Keeping:
    """Keeps what the agent tells."""

    def __init__(self) -> None:
        self.told = list[Told]()

    def block(self, block: Block[Session], /) -> Self:
        """See Traces."""
        self._block = block
        return self

    def computed(self, applied: Applied) -> None:
        """See BlockTrace."""
        self.told.append((self._block, applied))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        """See Traces."""


def on() -> Traces:
    """As a worker has it that was asked for traces."""
    return Spans(Encoding(), Settings(), "bench")


def with_contexts(block: Block[Session]) -> Block[Session]:
    """The same block, each record in a trace of its own."""
    records = [_traced(record, number) for number, record in enumerate(block.records, 1)]
    return replace(block, records=records)


def _traced(record: Any, number: int) -> Record:
    context = f"00-{number:032x}-{number:016x}-01".encode()
    headers = (("traceparent", context),)
    return Record(record.offset, record.timestamp, record.value, record.key, headers)


def telling(traces: Traces, told: Sequence[Told]) -> float:
    """CPU seconds of telling these blocks, of all threads, until the last one is encoded."""
    begun = time.process_time()
    for block, applied in told:
        with traces.block(block) as trace:
            trace.computed(applied)
    traces.close()
    return time.process_time() - begun


async def deciding(engine: Engine, events: int, size: int) -> tuple[float, list[Told]]:
    """CPU seconds of the agent for so many events, and what it told of them."""
    keeping = Keeping()
    spent, _ = await spent_by(Tagger, engine, events, size, traces=keeping)
    return spent, keeping.told


def costs(engine: Engine, events: int, size: int) -> dict[str, float]:
    """Microseconds a block: of the agent, and of telling it."""
    spent, told = asyncio.run(deciding(engine, events, size))
    linked = [(with_contexts(block), applied) for block, applied in told]
    seconds = {
        AGENT: spent,
        "traces off": telling(UNTRACED, told),
        "traces on": telling(on(), told),
        f"traces on, {MOST_LINKS} links": telling(on(), linked),
    }
    return {name: one / len(told) * 1e6 for name, one in seconds.items()}


def main() -> None:
    """Measure in turn and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--block", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    engine = require_engine(PACKAGED_CATALOGUE)
    runs = [costs(engine, asked.events, asked.block) for _ in range(asked.runs)]
    agent_us = median(run[AGENT] for run in runs)
    for name in runs[0]:
        spent_us = median(run[name] for run in runs)
        share = f"{spent_us:.1f} us a block of {asked.block}, {spent_us / agent_us:.2%}"
        print(f"{name}: {share}")  # noqa: T201 - this is the program's voice


if __name__ == "__main__":
    main()
