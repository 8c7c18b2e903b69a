"""Bytes to an event: the quick way for what is usual, the careful way for everything else.

Quick: one typed decode and a few cheap guards, about 1 us. It may give up at any doubt, and
must never accept what `slow_decode` refuses, or read it differently; a property test holds the
two together on arbitrary bytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec import MsgspecError
from msgspec.json import Decoder as JsonDecoder

from schemas.checking import AHEAD_MS, check_event
from schemas.cloudevents import Headers, attributes_of, data_of, event_of, mode_of
from schemas.decode_many import Record, read_together
from schemas.events import NEEDS, Event, Interaction, Profile, Transaction
from schemas.money import MOST, cents_of_text
from schemas.numbers import exact_decimal, widen
from schemas.parsing import is_plain, parse_object
from schemas.postings import decode_copied
from schemas.rejects import Rejected
from schemas.routing import route_of
from schemas.times import parse_time

__all__ = ["Decoder", "Rejected", "slow_decode"]

_TOGETHER: Final = 100  # records: one that is unusual makes so many be read one by one


class Decoder:
    """Reads events of all topics under one catalogue, of which it knows the currency."""

    def __init__(self, currency: str) -> None:
        self.currency: Final = currency

    def decode(self, topic: str, value: bytes | None, headers: Headers, timestamp: int) -> Event:
        """Return the event of a record of the (logical) topic; raises Rejected.

        `timestamp` is the record's, in ms: what is more than 5 minutes ahead is refused.
        """
        if value is not None and not (headers and mode_of(headers)):
            try:
                event = self._quickly(topic, value, timestamp)
            # ValueError: time, amount, UTF-8; RecursionError: nested in the thousands
            except (MsgspecError, ValueError, RecursionError):
                event = None
            if event is not None:
                return event
        return slow_decode(topic, value, headers, timestamp, self.currency)

    def decode_all(self, topic: str, records: Sequence[Record]) -> list[Event | Rejected]:
        """Return the event of each record of the (logical) topic, or why it is none."""
        found: list[Event | Rejected] = []
        for first in range(0, len(records), _TOGETHER):
            some = records[first : first + _TOGETHER]
            found += self._together(topic, some) or self._each(topic, some)
        return found

    def _together(self, topic: str, records: Sequence[Record]) -> Sequence[Event] | None:
        return read_together(topic, records, _WIRES[topic].finish, self.currency)

    def _each(self, topic: str, records: Sequence[Record]) -> Iterator[Event | Rejected]:
        for record in records:
            try:
                yield self.decode(topic, record.value, record.headers, record.timestamp)
            except Rejected as fault:
                yield fault.with_traceback(None)

    def _quickly(self, topic: str, value: bytes, timestamp: int) -> Event | None:
        """Return the event if all is as usual; None or an exception at any doubt."""
        if not is_plain(value):
            return None
        wire = _WIRES[topic]
        event: Event = wire.read(value)
        time: Any = event.time
        if type(time) is str:
            event.time = time = parse_time(time)
        if time > timestamp + AHEAD_MS or not event.user_id.isprintable():
            return None
        return event if wire.finish(event, self.currency) else None

    def decode_line(self, line: bytes, timestamp: int) -> tuple[str, Event]:
        """Return (logical topic, event) of a line of a file of mixed events; raises Rejected.

        A line with a `specversion` is a CloudEvent.
        """
        topic, _, headers = route_of(line)
        return topic, self.decode(topic, line, headers, timestamp)


def slow_decode(
    topic: str, value: bytes | None, headers: Headers, timestamp: int, currency: str
) -> Event:
    """Return the event or raise Rejected with the first reason: complete, about 20 us."""
    match mode_of(headers):
        case "structured":
            envelope = parse_object(value)
            fields = event_of(envelope, data_of(envelope))
            return check_event(topic, fields, envelope, currency, timestamp)
        case "binary":  # events such as a visit may well have no data
            data = parse_object(value) if value else {}
            envelope = attributes_of(headers)
            fields = event_of(envelope, data)
            return check_event(topic, fields, envelope, currency, timestamp)
    return check_event(topic, parse_object(value), None, currency, timestamp)


def _finish_interaction(event: Interaction, _: str) -> bool:
    return event.amount is None or _finish_amount(event)


def _finish_transaction(event: Transaction, currency: str) -> bool:
    if event.currency is not None and event.currency != currency:
        return False
    return _finish_amount(event) if event.amount is not None else event.type not in NEEDS


def _finish_amount(event: Interaction | Transaction) -> bool:
    """Turn the amount as written into hundredths; False or ValueError if it is not plain."""
    written: Any = event.amount
    if type(written) is str:
        event.amount = cents_of_text(written)
        return True
    if type(written) is int and 0 < written <= MOST // 100:  # a bool is no amount
        event.amount = written * 100
        return True
    return False


def _finish_profile(event: Profile, _: str) -> bool:
    needed = NEEDS.get(event.type)
    if needed and getattr(event, needed) is None:
        return False
    if event.attributes is not None:
        widen(event.attributes)
    until: Any = event.until
    if type(until) is str:
        event.until = parse_time(until)
    return True


def _finish_copied(_: Any, __: str) -> bool:
    return True


class _Wire(NamedTuple):
    """How a topic's events are read: typed decode, then what the types cannot say."""

    read: Callable[[bytes], Any]
    finish: Callable[[Any, str], bool]


# Fractions stay text in an amount, where the plain form is the same for numbers and texts, and
# become decimals in attributes: never floats.
_WIRES: Final[Mapping[str, _Wire]] = {
    "interactions": _Wire(JsonDecoder(Interaction, float_hook=str).decode, _finish_interaction),
    "transactions": _Wire(JsonDecoder(Transaction, float_hook=str).decode, _finish_transaction),
    "profiles": _Wire(JsonDecoder(Profile, float_hook=exact_decimal).decode, _finish_profile),
    "derived": _Wire(decode_copied, _finish_copied),  # our own: nothing to mend
}
