"""Each block as a span of OpenTelemetry, linked to the traces of its records.

Names of attributes follow the semantic conventions for messaging. A span has numbers, topics and a
partition; no user, no content, and of errors that are not ours only their kind, because what
others say of an error may quote either.

A span is made when its block is over, with the times that were noted: so a lapse of time in which
nothing changed, several of which happen a second, leaves none. A thread of the library sends them.
"""

import logging
import threading
import time
from types import TracebackType
from typing import Self

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from agents.applying import Applied
from agents.errors import Problem
from agents.names import Names
from agents.session import Lost, Session
from agents.settings import Settings
from agents.tracing.traceparent import TraceContext, contexts_of
from agents.transport.block import Block
from tagstream import __version__

MOST_LINKS = 32  # of a span: enough to find the block from any busy producer
_CLOSE_S = 2.0  # a partition stands still that much longer in a restart

log = logging.getLogger(__name__)
Attributes = dict[str, str | int]


class Spans:
    """The spans of one worker, sent by `exporter`; `me`: our name at the broker."""

    def __init__(self, exporter: SpanExporter, settings: Settings, me: str) -> None:
        names = Names.of(settings)
        self.topics = names.topics
        self.common: Attributes = {
            "messaging.system": "kafka",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.consumer.group.name": names.app_id,
            "messaging.client.id": me,
        }
        self._provider = TracerProvider(resource=_resource(me), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._exporter = exporter
        self.tracer = self._provider.get_tracer("tagstream", __version__)

    @classmethod
    def to_collector(cls, settings: Settings, me: str) -> Self:
        """Those that go where OTEL_... says. Raises ValueError, which names the variable."""
        spans = cls(OTLPSpanExporter(), settings, me)
        log.info("every block is traced: spans go to the OpenTelemetry collector")
        return spans

    def block(self, block: Block[Session], /) -> "BlockSpan":
        """See Traces."""
        return BlockSpan(self, block)

    def close(self) -> None:
        """See Traces: a collector that is away is not waited for."""
        closing = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        closing.start()
        closing.join(_CLOSE_S)
        if closing.is_alive():
            self._exporter.shutdown()  # ends its pauses between repeats
            log.warning(
                "the last spans were not sent: the OpenTelemetry collector did not answer in %d s",
                _CLOSE_S,
            )


class BlockSpan:
    """Notes when what happened to a block; makes the span at the end."""

    __slots__ = ("_applied", "_begun", "_block", "_computed", "_spans")

    def __init__(self, spans: Spans, block: Block[Session]) -> None:
        self._spans, self._block = spans, block
        self._begun = self._computed = 0
        self._applied: Applied | None = None

    def __enter__(self) -> Self:
        self._begun = time.time_ns()
        return self

    def computed(self, applied: Applied) -> None:
        """See BlockTrace."""
        self._computed, self._applied = time.time_ns(), applied

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        if error is None and not self._told():
            return
        span = self._spans.tracer.start_span(
            "process",
            kind=SpanKind.CONSUMER,
            attributes=self._attributes(),
            start_time=self._begun,
        )
        if span.is_recording():  # else the sampler left it out, and links are what costs most
            for context in contexts_of(self._block.records, MOST_LINKS):
                span.add_link(_far(context))
        if self._applied is not None:
            span.add_event("computed", timestamp=self._computed)
        if error is not None:
            _record(span, error)
        span.end()

    def _told(self) -> bool:
        """Whether there is anything to tell: records, or what changed by time alone."""
        calls = self._applied.calls if self._applied else ()
        return bool(self._block.records) or any(call.changes or call.alerts for call in calls)

    def _attributes(self) -> Attributes:
        block = self._block
        told = self._spans.common | {
            "messaging.destination.partition.id": str(block.owner.partition),
            "messaging.batch.message_count": len(block.records),
        }
        topics = set(block.topics)
        if len(topics) == 1:  # else there is no one destination
            told["messaging.destination.name"] = self._spans.topics[topics.pop()]
        return told | (_numbers(self._applied) if self._applied else {})


def _numbers(applied: Applied) -> Attributes:
    return {
        "tagstream.calls": len(applied.calls),
        "tagstream.changes": sum(len(call.changes) for call in applied.calls),
        "tagstream.alerts": sum(len(call.alerts) for call in applied.calls),
        "tagstream.rejected": len(applied.rejects),
        "tagstream.forwarded": len(applied.forwards),
    }


def _record(span: Span, error: BaseException) -> None:
    """Why the block was broken off: in words if they are ours."""
    span.set_attribute("error.type", type(error).__qualname__)
    words = str(error) if isinstance(error, Problem | Lost) else None
    span.set_status(Status(StatusCode.ERROR, words))


def _far(context: TraceContext) -> SpanContext:
    flags = TraceFlags(context.flags)
    return SpanContext(context.trace, context.span, is_remote=True, trace_flags=flags)


def _resource(me: str) -> Resource:
    """Who sends: what we know, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES say other."""
    ours = {
        "service.name": "tagstream",
        "service.version": __version__,
        "service.instance.id": me,
    }
    return Resource.create(ours).merge(OTELResourceDetector().detect())
