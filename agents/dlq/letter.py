"""One dead letter: the event as it came, and why and whence it was rejected."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from agents.decoding import ORIGIN_HEADER
from agents.transport.block import KafkaRecord

DLQ_HEADERS = "__streams.errors."
REASON_HEADER = "tagstream.reason"
_PRIVATE = "content"  # what people wrote: shown on demand alone
_DEEPEST = 64

Headers = tuple[tuple[str, bytes], ...]


class Record(KafkaRecord, Protocol):
    """A record of a dead-letter topic."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A rejected event.

    `place`: of the dead letter, `topic:partition:offset`; `origin`: of the event in its input
    topic, where `topic` is the full name. `arrived` (ms): when the event came. `headers`: its own.
    """

    place: str
    origin: str
    topic: str
    partition: int
    arrived: int
    reason: str
    message: str
    key: bytes | None
    value: bytes | None
    headers: Headers

    @classmethod
    def of(cls, record: Record) -> "DeadLetter":
        """The letter in a record, whoever wrote it."""
        told = {name: value.decode("utf-8", "replace") for name, value in record.headers}
        topic = told.get(f"{DLQ_HEADERS}topic", "?")
        own = ((n, v) for n, v in record.headers if not _is_ours(n))
        number, offset = (told.get(f"{DLQ_HEADERS}{part}", "?") for part in ("partition", "offset"))
        return cls(
            place=f"{record.topic}:{record.partition}:{record.offset}",
            origin=f"{topic}:{number}:{offset}",
            topic=record.topic.removesuffix(".dlq"),
            partition=record.partition,
            arrived=record.timestamp,
            reason=told.get(REASON_HEADER, "?"),
            message=told.get(f"{DLQ_HEADERS}message", ""),
            key=record.key,
            value=record.value,
            headers=tuple(own),
        )

    def fields(self) -> Any:
        """The event as JSON; None if it is none."""
        try:
            return json.loads(self.value or b"")
        except (ValueError, RecursionError):
            return None


def _is_ours(header: str) -> bool:
    """Whether a worker of ours put the header there."""
    return header.startswith(DLQ_HEADERS) or header in (REASON_HEADER, ORIGIN_HEADER)


def shown_value(letter: DeadLetter, *, content: bool) -> object:
    """The event for people: what somebody wrote is left out, unless `content` is asked for.

    What is not JSON may have it anywhere, so nothing of it is shown.
    """
    size = len(letter.value or b"")
    fields = letter.fields()
    if content:
        return fields if fields is not None else (letter.value or b"").decode("utf-8", "replace")
    if fields is None:
        return f"(not JSON, {size:,} bytes)"
    return redacted(fields)


def redacted(value: Any, depth: int = 0) -> Any:
    """The value without what people wrote, at any depth.

    >>> redacted({"type": "post", "data": {"content": "hello"}})
    {'type': 'post', 'data': {'content': '(redacted, 5 characters)'}}
    """
    if depth > _DEEPEST:
        return "(too deep)"
    if isinstance(value, dict):
        return {
            name: _instead(part) if name == _PRIVATE else redacted(part, depth + 1)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [redacted(part, depth + 1) for part in value]
    return value


def _instead(content: object) -> str:
    return f"(redacted, {len(content)} characters)" if isinstance(content, str) else "(redacted)"
