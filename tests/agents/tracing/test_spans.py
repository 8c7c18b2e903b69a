import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from agents.applying import Forward, Reject
from agents.session import Call, Lost, Session
from agents.settings import Settings
from agents.tagger import Tagger, TooManyRejects
from agents.tracing import spans as module
from agents.tracing.spans import MOST_LINKS, Spans
from agents.tracing.traceparent import parsed
from agents.transport.block import Block
from schemas.decode import Decoder
from tests.agents.test_applying import START, FakeRecord, record
from tests.agents.test_sessions import METRICS, session
from tests.agents.tracing.test_traceparent import A, B

SETTINGS = Settings.load(app_id="lending", topic_prefix="eu.")


class Edges:
    """A publisher and an outgoing that take everything after `pause_s`, or fail."""

    def __init__(self, pause_s: float = 0.0, fault: BaseException | None = None) -> None:
        self.pause_s, self.fault = pause_s, fault

    async def publish(self, session: Session, call: Call) -> None:
        await asyncio.sleep(self.pause_s)
        if self.fault:
            raise self.fault
        session.calls += 1
        assert call.positions

    async def send(self, _: Session, rejects: list[Reject], forwards: list[Forward]) -> None:
        """See Outgoing."""


class Traced:
    """An agent on fakes whose spans stay in memory."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        self.spans = Spans(self._kept, SETTINGS, "worker-a")

    def tagger(self, edges: Edges, max_reject_ratio: float = 1.0) -> Tagger:
        clients: dict[str, Any] = {"publisher": edges, "outgoing": edges}
        return Tagger(
            Decoder("CNY"),
            **clients,
            metrics=METRICS,
            partitions=1,
            max_reject_ratio=max_reject_ratio,
            on_lost=lambda _, __: None,
            traces=self.spans,
        )

    def told(self) -> Sequence[ReadableSpan]:
        self.spans.close()
        return self._kept.get_finished_spans()


@pytest.fixture
def traced() -> Iterator[Traced]:
    opened = Traced()
    yield opened
    opened.spans.close()


def block(
    owner: Session, records: Sequence[FakeRecord], topic: int = 0, after_ms: int = 0
) -> Block[Session]:
    after = owner.positions
    ends = tuple(at + len(records) * (index == topic) for index, at in enumerate(after))
    return Block(owner, after, ends, records, [topic] * len(records), START + after_ms)


def like(offset: int, *headers: tuple[str, bytes], good: bool = True) -> FakeRecord:
    made = record(0, offset, "u1", offset, good=good)
    return FakeRecord(made.offset, made.timestamp, made.value, headers=headers)


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


async def test_a_block_is_one_span_in_the_words_of_the_conventions(traced: Traced) -> None:
    records = [like(0), like(1), like(2, good=False)]
    await traced.tagger(Edges()).process(block(session(0), records))
    [span] = traced.told()
    assert (span.name, span.kind, span.parent) == ("process", SpanKind.CONSUMER, None)
    assert attributes(span) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.consumer.group.name": "lending",
        "messaging.client.id": "worker-a",
        "messaging.destination.name": "eu.interactions",
        "messaging.destination.partition.id": "0",
        "messaging.batch.message_count": 3,
        "tagstream.calls": 1,
        "tagstream.changes": 1,
        "tagstream.alerts": 0,
        "tagstream.rejected": 1,
        "tagstream.forwarded": 0,
    }
    assert span.status.status_code is StatusCode.UNSET


async def test_a_span_lasts_from_applying_to_published(traced: Traced) -> None:
    """And says in between when it was computed: the rest is waiting for Redis and Kafka."""
    before = time.time_ns()
    await traced.tagger(Edges(pause_s=0.05)).process(block(session(0), [like(0)]))
    [span] = traced.told()
    [computed] = span.events
    assert span.start_time is not None
    assert span.end_time is not None
    assert before <= span.start_time <= computed.timestamp <= span.end_time - 40_000_000
    assert computed.name == "computed"


async def test_a_span_is_linked_to_the_traces_of_its_records(traced: Traced) -> None:
    records = [like(0, ("traceparent", A)), like(1), like(2, ("ce_traceparent", B))]
    await traced.tagger(Edges()).process(block(session(0), records))
    [span] = traced.told()
    linked = [(link.context.trace_id, link.context.span_id) for link in span.links]
    assert linked == [context[:2] for context in map(parsed, (A, B)) if context]
    assert all(link.context.is_remote and link.context.trace_flags == 1 for link in span.links)


async def test_links_are_bounded(traced: Traced) -> None:
    records = [like(n, ("traceparent", A[:-5] + b"%02x-01" % n)) for n in range(100)]
    await traced.tagger(Edges()).process(block(session(0), records))
    [span] = traced.told()
    assert len(span.links) == MOST_LINKS


async def test_a_block_that_the_sampler_leaves_out_is_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    traced = Traced()
    await traced.tagger(Edges()).process(block(session(0), [like(0, ("traceparent", A))]))
    assert traced.told() == ()


async def test_records_of_two_topics_have_no_one_destination(traced: Traced) -> None:
    owner, records = session(0), [like(0), record(1, 0, "u1", 1)]
    both = Block(owner, owner.positions, (1, 1, 0, 0, 0), records, [0, 1], START)
    await traced.tagger(Edges()).process(both)
    [span] = traced.told()
    assert "messaging.destination.name" not in attributes(span)


async def test_a_lapse_of_time_is_told_only_if_it_changed_something(traced: Traced) -> None:
    """Several a second and partition change nothing: they would hide the others."""
    tagger, owner = traced.tagger(Edges()), session(0)
    await tagger.process(block(owner, [like(0)]))
    for seconds in (1, 20, 21):
        await tagger.process(block(owner, [], after_ms=1_000 * seconds))
    first, expiry = traced.told()
    assert attributes(first)["messaging.batch.message_count"] == 1
    assert attributes(expiry)["messaging.batch.message_count"] == 0
    assert attributes(expiry)["tagstream.changes"] == 1  # the like left its window


async def test_a_block_that_was_refused_says_why(traced: Traced) -> None:
    tagger = traced.tagger(Edges(fault=Lost("partition 0: fenced")))
    await tagger.process(block(session(0), [like(0)]))
    [span] = traced.told()
    assert attributes(span)["error.type"] == "Lost"
    assert (span.status.status_code, span.status.description) == (
        StatusCode.ERROR,
        "partition 0: fenced",
    )


async def test_too_many_rejects_are_told_with_their_remedy(traced: Traced) -> None:
    bad = [like(n, good=False) for n in range(3)]
    with pytest.raises(TooManyRejects):
        await traced.tagger(Edges(), max_reject_ratio=0.0001).process(block(session(0), bad))
    [span] = traced.told()
    assert "TAGSTREAM_DLQ_MAX_RATIO" in str(span.status.description)
    assert attributes(span)["tagstream.rejected"] == 3


async def test_what_others_say_of_an_error_stays_out_of_the_span(traced: Traced) -> None:
    """It may quote a user or a content; the log of the crash has it."""
    tagger = traced.tagger(Edges(fault=ValueError("user u1 wrote: something")))
    with pytest.raises(ValueError, match="u1"):
        await tagger.process(block(session(0), [like(0)]))
    [span] = traced.told()
    assert attributes(span)["error.type"] == "ValueError"
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert "something" not in span.to_json()


async def test_nothing_of_a_user_or_an_event_is_in_a_span(traced: Traced) -> None:
    text = (
        '{"id":"the-id","source":"the-source","type":"post","user_id":"the-user",'
        f'"content":"the-content","community_id":"the-place","time":{START}}}'
    )
    records = [FakeRecord(0, START, text.encode(), b"the-user", (("x", b"the-header"),))]
    await traced.tagger(Edges()).process(block(session(0), records))
    [span] = traced.told()
    assert "the-" not in span.to_json()


def test_who_sends_is_said_by_us_unless_the_environment_says_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resource() -> dict[str, Any]:
        spans = Spans(InMemorySpanExporter(), SETTINGS, "worker-a")
        spans.close()
        return dict(spans._provider.resource.attributes)

    ours = resource()
    assert (ours["service.name"], ours["service.instance.id"]) == ("tagstream", "worker-a")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "tags")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=pod-1,k8s.node.name=n")
    theirs = resource()
    assert (theirs["service.name"], theirs["service.instance.id"]) == ("tags", "pod-1")
    assert theirs["k8s.node.name"] == "n"
    assert theirs["service.version"] == ours["service.version"]


async def test_a_collector_that_is_away_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The library would repeat for ten seconds, and wait for thirty."""
    monkeypatch.setattr(module, "_CLOSE_S", 0.2)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    traced = Traced()
    traced.spans = Spans.to_collector(SETTINGS, "worker-a")
    await traced.tagger(Edges()).process(block(session(0), [like(0)]))
    begun = time.monotonic()
    traced.spans.close()
    assert time.monotonic() - begun < 8
    assert "the last spans were not sent" in caplog.text
