import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from agents.tracing.traceparent import TraceContext, context_in, contexts_of, parsed
from schemas.cloudevents import mode_of
from schemas.decode import Decoder
from tests.agents.test_applying import START, FakeRecord, record

A = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
B = b"00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"
UNKEPT = A[:-2] + b"00"


def by_the_library(text: str) -> TraceContext | None:
    """What OpenTelemetry's own reader of that header makes of it."""
    found = get_current_span(TraceContextTextMapPropagator().extract({"traceparent": text}))
    context = found.get_span_context()
    if not context.is_valid:
        return None
    return TraceContext(context.trace_id, context.span_id, context.trace_flags)


HEX = st.text("0123456789abcdef", min_size=2, max_size=2)
LIKELY = st.builds(
    "{}{}-{}-{}-{}{}".format,
    st.sampled_from(["", " ", "\t ", "x"]),
    st.sampled_from(["00", "01", "cc", "ff", "FF"]) | HEX,
    st.sampled_from(["0" * 32, "a" * 32, "0" * 31 + "1", "A" * 32, "a" * 31]),
    st.sampled_from(["0" * 16, "b" * 16, "0" * 15 + "1", "b" * 17]),
    HEX,
    st.sampled_from(["", " ", "-", "-more", "more", "-" + "x" * 500]),
)


@given(LIKELY | st.text("0123456789abcdef-", max_size=60))
def test_a_header_is_read_as_the_library_of_opentelemetry_reads_it(text: str) -> None:
    assert parsed(text.encode()) == by_the_library(text)


@pytest.mark.parametrize("text", [None, b"", b"\xff" * 55, A.upper()])
def test_what_is_no_trace_context_is_none(text: bytes | None) -> None:
    assert parsed(text) is None


def test_the_header_of_the_record_goes_before_the_attribute_of_a_cloudevent() -> None:
    """The one is where it was sent, the other where it was first made."""
    assert context_in([("ce_traceparent", B), ("traceparent", A)]) == parsed(A)
    assert context_in([("content-type", b"application/json"), ("ce_traceparent", B)]) == parsed(B)
    assert context_in([("ce_id", A), ("tracestate", A)]) is None


def carrying(*texts: bytes) -> list[FakeRecord]:
    return [FakeRecord(n, START, b"{}", headers=(("traceparent", t),)) for n, t in enumerate(texts)]


@given(st.lists(st.sampled_from([A, B, UNKEPT, b"", A[:-5] + b"00-01"])), st.integers(0, 4))
def test_contexts_are_the_first_different_ones_that_were_sampled(
    texts: list[bytes], most: int
) -> None:
    found = [context for text in texts if (context := parsed(text)) and context.flags == 1]
    assert contexts_of(carrying(*texts), most) == list(dict.fromkeys(found))[:most]


def test_contexts_are_different_kept_and_bounded() -> None:
    """What producers did not sample leads nowhere; what a hundred records share is one link."""
    assert contexts_of([*carrying(A, A, UNKEPT, b"", B, A), *carrying()], 32) == [
        parsed(A),
        parsed(B),
    ]
    many = carrying(*(A[:-5] + b"%02x-01" % n for n in range(100)))
    assert contexts_of(many, 32) == [parsed(r.headers[0][1]) for r in many[:32]]
    assert contexts_of([FakeRecord(0, START, b"{}")], 32) == []


@pytest.mark.parametrize("name", ["traceparent", "ce_traceparent"])
def test_a_trace_context_makes_no_other_event_of_a_record(name: str) -> None:
    """Neither does a plain event become a CloudEvent by it, nor does a CloudEvent change."""
    decoder, plain = Decoder("CNY"), record(0, 0, "u1", 0).value
    binary = [("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"app")]
    binary += [("ce_type", b"like"), ("ce_subject", b"u1"), ("ce_time", b"2026-01-01T00:00:00Z")]
    now = 1_800_000_000_000
    for value, headers in ((plain, []), (b"{}", binary)):
        bare = decoder.decode("interactions", value, headers, now)
        traced = [*headers, (name, A)]
        assert mode_of(traced) == mode_of(headers)
        assert decoder.decode("interactions", value, traced, now) == bare
