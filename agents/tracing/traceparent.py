"""The traces that records belong to: W3C trace contexts in their headers.

A producer that traces puts its context into the header `traceparent`. A CloudEvent in binary mode
may carry one of its own as the attribute of that name, so in the header `ce_traceparent`: that is
where the event was first made, and stands in where the record itself has none.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from agents.transport.block import KafkaRecord

_FORM = re.compile(
    rb"[ \t]*([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:(-.*)|[ \t]*)", re.DOTALL
)
_MOST_BYTES = 512
_SAMPLED = 1


class TraceContext(NamedTuple):
    """One step of a trace: where the producer was when it sent the record."""

    trace: int
    span: int
    flags: int


def contexts_of(records: Iterable[KafkaRecord], most: int) -> list[TraceContext]:
    """The first `most` different contexts of records, of those that their producers keep.

    A link to a trace that was not sampled would lead nowhere.
    """
    found = (context_in(record.headers) for record in records if record.headers)
    kept = (context for context in found if context and context.flags & _SAMPLED)
    return list(islice(_distinct(kept), most))


def _distinct(contexts: Iterable[TraceContext]) -> Iterable[TraceContext]:
    seen = set[TraceContext]()
    for context in contexts:
        if context not in seen:
            seen.add(context)
            yield context


def context_in(headers: Sequence[tuple[str, bytes]]) -> TraceContext | None:
    """The context of a record; None without one, or if it is not as W3C has it.

    >>> context_in([("traceparent", b"00-" + b"0" * 31 + b"a-" + b"0" * 15 + b"b-01")])
    TraceContext(trace=10, span=11, flags=1)
    """
    of_event: bytes | None = None
    for name, value in headers:
        if name == "traceparent":
            return parsed(value)
        if name == "ce_traceparent":
            of_event = value
    return parsed(of_event)


def parsed(text: bytes | None) -> TraceContext | None:
    """What a `traceparent` says (W3C Trace Context, level 1); later versions may say more."""
    form = _FORM.fullmatch(text) if text and len(text) <= _MOST_BYTES else None
    if form is None:
        return None
    version, trace, span, flags, more = form.groups()
    if version == b"ff" or (version == b"00" and more):
        return None
    context = TraceContext(int(trace, 16), int(span, 16), int(flags, 16))
    return context if context.trace and context.span else None
