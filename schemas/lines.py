"""Lines of mixed events to events, quickly: the parser itself chooses by `type` what to read.

A file mixes the events of all topics, so a line does not say by where it stands how it is to be
read. Looking for its type first and reading it afterwards is two parses; here each type is a
struct of its own, among which msgspec chooses: one parse, a third of the time. Many lines are
one call of the parser, as in `decode_many.py`. Whatever is unusual (profiles, envelopes,
anything wrong) is left to `decode.py`; a property test holds the two together on any bytes.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Union, cast

import msgspec
from msgspec import MsgspecError
from msgspec.json import Decoder as JsonDecoder

from schemas.checking import AHEAD_MS
from schemas.decode import Decoder
from schemas.events import EVENTS, NEEDS, Event, types_of
from schemas.money import MOST, cents_of_text
from schemas.parsing import MAX_BYTES, MAX_DEPTH, is_plain
from schemas.rejects import Rejected
from schemas.times import parse_time
from schemas.topics import InputTopic

# Not profiles: the fractions of their attributes are read as decimals, those of amounts as text.
_QUICK: Final[tuple[InputTopic, ...]] = ("interactions", "transactions")
_TOGETHER: Final = 100  # lines: one that is unusual makes so many be read one by one
_OPEN_OBJECT: Final = ord("{")


def _struct_of(event: type[Event], kind: str) -> type[msgspec.Struct]:
    """Make the struct of one type: the topic's fields, while `type` belongs to the class.

    A `specversion` tells an envelope: it is read only to be seen.
    """
    fields = [
        (field.name, field.type) if field.required else (field.name, field.type, field.default)
        for field in msgspec.structs.fields(event)
        if field.name != "type"
    ]
    of_class = {"type": kind, "needs_amount": kind in NEEDS}
    if "currency" not in event.__struct_fields__:
        of_class["currency"] = None
    return msgspec.defstruct(
        *(kind.title(), [*fields, ("specversion", Any, None)]),
        tag_field="type",
        tag=kind,
        kw_only=True,
        gc=False,
        namespace=of_class,
    )


_STRUCTS: Final = tuple(
    _struct_of(EVENTS[topic], kind) for topic in _QUICK for kind in types_of(EVENTS[topic])
)
_ANY: Final[Any] = Union[_STRUCTS]  # noqa: UP007 - its members are made above
_read: Final[Callable[[bytes], Any]] = JsonDecoder(_ANY, float_hook=str).decode
_read_all: Final[Callable[[bytes], list[Any]]] = JsonDecoder(list[_ANY], float_hook=str).decode


class LineDecoder:
    """Reads lines under one currency as if they all arrived at `now` (ms).

    `judge` may raise Rejected for an event of the topic `profiles`: what only a catalogue knows.
    Its events have all attributes of those of `decode.py` but are of other classes: they are
    for the engine, not for comparing.
    """

    def __init__(
        self, currency: str, now: int, judge: Callable[[Event], None] = lambda _: None
    ) -> None:
        self._careful: Final = Decoder(currency)
        self._currency: Final = currency
        self._now: Final = now
        self._judge: Final = judge
        self._latest: Final = now + AHEAD_MS

    def decode(self, line: bytes) -> Event:
        """Return the event of a line, blanks around it aside; raises Rejected."""
        try:
            event = self._quickly(line)
        # ValueError: time, amount, UTF-8; RecursionError: nested in the thousands
        except (MsgspecError, ValueError, RecursionError):
            event = None
        if event is not None:
            return event
        event = self._careful.decode_line(line.strip(), self._now)[1]
        self._judge(event)
        return event

    def decode_all(self, lines: Sequence[bytes]) -> list[Event | Rejected]:
        """Return the event of each line, or why it is none: two thirds of the time of `decode`."""
        found: list[Event | Rejected] = []
        for first in range(0, len(lines), _TOGETHER):
            found += self._some(lines[first : first + _TOGETHER])
        return found

    def _some(self, lines: Sequence[bytes]) -> Sequence[Event | Rejected]:
        """Read lines that are one flat object, if anything, together, and the others alone."""
        flat = [line for line in lines if line.find(_OPEN_OBJECT, 1) < 0]
        events = self._together(flat)
        if events is None:
            return [self._event_of(line) for line in lines]
        if len(events) == len(lines):
            return events
        quick = iter(events)
        return [
            next(quick) if line.find(_OPEN_OBJECT, 1) < 0 else self._event_of(line)
            for line in lines
        ]

    def _event_of(self, line: bytes) -> Event | Rejected:
        try:
            return self.decode(line)
        except Rejected as fault:
            return fault.with_traceback(None)

    def _together(self, lines: Sequence[bytes]) -> list[Event] | None:
        """Return the events of lines with no `{` behind their first byte; None at any doubt.

        So as many objects as lines means that each line is one object and nothing else.
        """
        text = b",".join(lines)
        if text.count(b"[") >= MAX_DEPTH:
            return None
        if len(text) > MAX_BYTES and max(map(len, lines)) > MAX_BYTES:
            return None
        try:
            if not text.isascii():
                text.decode()  # may raise, as in `is_plain`
            events = _read_all(b"[%b]" % text)
            if len(events) == len(lines) and all(map(self._complete, events)):
                return events
        except (MsgspecError, ValueError):
            pass
        return None

    def _quickly(self, line: bytes) -> Event | None:
        """Return the event if all is as usual; None or an exception at any doubt."""
        if not is_plain(line):
            return None
        event = _read(line)
        return cast("Event", event) if self._complete(event) else None

    def _complete(self, event: Any) -> bool:
        """What the types cannot say; False or an exception at any doubt."""
        time, amount = event.time, event.amount
        if type(time) is str:
            event.time = time = parse_time(time)
        if amount is not None:
            event.amount = _cents(amount)
        elif event.needs_amount:
            return False
        return (
            time <= self._latest
            and event.user_id.isprintable()
            and event.specversion is None
            and event.currency in (None, self._currency)
        )


def _cents(written: object) -> int:
    """Return the hundredths of a plain amount; ValueError at any doubt."""
    if type(written) is str:
        return cents_of_text(written)
    if type(written) is int and 0 < written <= MOST // 100:  # a bool is no amount
        return written * 100
    raise ValueError("not a plain amount")
