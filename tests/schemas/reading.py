"""How the tests read an event: as the worker does, and in both ways."""

from collections.abc import Callable
from typing import Any

from schemas.decode import Decoder, Rejected, slow_decode
from tests.schemas.samples import NOW, encoded

DECODER = Decoder("CNY")


def decode(topic: str, event: Any) -> Any:
    """Decode an event as the worker does."""
    value = event if isinstance(event, bytes) else encoded(event)
    return DECODER.decode(topic, value, (), NOW)


def outcome(read: Callable[[], Any]) -> tuple[str, str]:
    """Return what reading gave, in a form that tells 5 from 5.0 and Decimal from int."""
    try:
        return "event", repr(read())
    except Rejected as rejected:
        return rejected.reason, rejected.message


def both_ways(topic: str, value: bytes) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the outcomes of the quick and the careful way."""
    return (
        outcome(lambda: DECODER.decode(topic, value, (), NOW)),
        outcome(lambda: slow_decode(topic, value, (), NOW, "CNY")),
    )
