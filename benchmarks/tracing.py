"""What traces cost of the agent's time: off, on, and on with every record in a producer's trace.

    python -m benchmarks.tracing [--events 60000] [--block 500] [--runs 3]

Blocks and edges as in `benchmarks.counting`: decoding and deciding alone, so that the share is the
most that it can be of the whole. On, spans are encoded for the wire as a collector gets them, by
the library's own thread, whose CPU time counts too; only the request to the collector is left out,
one for up to 512 blocks.
"""

import argparse
import asyncio
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from agents.catalogue_file import require_engine
from agents.metrics import Metrics
from agents.session import Session
from agents.settings import PACKAGED_CATALOGUE, Settings
from agents.tagger import Tagger
from agents.tracing.spans import Spans
from agents.tracing.traces import UNTRACED, Traces
from agents.transport.block import Block
from benchmarks.counting import Record, Silent, blocks
from schemas.decode import Decoder
from schemas.topics import TOPICS
from streams.engine import Engine


class Encoding(SpanExporter):
    """Encodes as for the wire, and throws it away."""

    sent = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See SpanExporter."""
        self.sent += len(encode_spans(spans).SerializeToString())
        return SpanExportResult.SUCCESS


def off() -> Traces:
    """As a worker has it that was not asked for traces."""
    return UNTRACED


def on() -> Traces:
    """As a worker has it that was."""
    return Spans(Encoding(), Settings(), "bench")


def with_contexts(given: Iterator[Block[Session]]) -> Iterator[Block[Session]]:
    """The same blocks, each record in a trace of its own."""
    for block in given:
        records = [_traced(record, number) for number, record in enumerate(block.records, 1)]
        yield replace(block, records=records)


def _traced(record: Any, number: int) -> Record:
    context = f"00-{number:032x}-{number:016x}-01".encode()
    headers = (("traceparent", context),)
    return Record(record.offset, record.timestamp, record.value, record.key, headers)


WAYS: dict[str, tuple[Callable[[], Traces], bool]] = {
    "off": (off, False),
    "on": (on, False),
    "on, 32 links a block": (on, True),
}
"""Who listens, and whether records carry the trace of their producer."""


async def seconds(
    engine: Engine, events: int, size: int, listener: Callable[[], Traces], *, linked: bool
) -> float:
    """CPU time of a run, of all threads, until the last span is encoded."""
    edges: dict[str, Any] = {"publisher": Silent(), "outgoing": Silent()}
    traces = listener()
    tagger = Tagger(Decoder(engine.catalogue.currency), **edges, metrics=Metrics(), partitions=1,
                    max_reject_ratio=1.0, on_lost=lambda *_: None, traces=traces)  # fmt: skip
    owner = Session(0, engine.partition(0, TOPICS), 0, "r", "s", 1, 0, 0, (0,) * len(TOPICS), 1)
    plain = blocks(owner, events, size)
    spent = 0.0
    for block in with_contexts(plain) if linked else plain:
        begun = time.process_time()
        await tagger.process(block)
        spent += time.process_time() - begun
    begun = time.process_time()
    traces.close()
    return spent + time.process_time() - begun


def main() -> None:
    """Measure in turn and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--block", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    engine = require_engine(PACKAGED_CATALOGUE)
    runs = dict[str, list[float]]()
    for _ in range(asked.runs):
        for name, (listener, linked) in WAYS.items():
            gc.collect()
            spent = seconds(engine, asked.events, asked.block, listener, linked=linked)
            runs.setdefault(name, []).append(asyncio.run(spent))
    off_s, a_block = median(runs["off"]), asked.block / asked.events * 1e6
    for name, all_s in runs.items():
        spent_s = median(all_s)
        print(  # noqa: T201 - this is the program's voice
            f"{name}: {spent_s * a_block:.0f} us a block of {asked.block}, "
            f"{(spent_s - off_s) * a_block:+.0f} us, {(spent_s - off_s) / off_s:+.1%}"
        )


if __name__ == "__main__":
    main()
