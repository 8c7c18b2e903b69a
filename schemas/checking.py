"""A parsed object to an event, field by field: finds the first reason and says it well.

Complete in itself: `check_event` accepts and refuses the same events as the quick way of
`decode.py`, which leaves everything unusual to it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final, get_args

import msgspec
from msgspec.structs import FieldInfo

from schemas.cloudevents import faults_of, missing_of
from schemas.events import COMMON, EVENTS, NEEDS, TOPIC_OF, Event
from schemas.money import cents_of_number, cents_of_text
from schemas.numbers import OutOfRange, whole, widen
from schemas.rejects import Rejected
from schemas.times import check_range, parse_time
from schemas.topics import InputTopic

Fields = Mapping[str, Any]

AHEAD_MS: Final = 5 * 60 * 1000
"""So far an event may be ahead of its record's timestamp."""

_MOST_SHOWN: Final = 60  # characters of a value in a message
_FIELDS: Final = {event: msgspec.structs.fields(event) for event in EVENTS.values()}


def check_event(
    topic: str, fields: Fields, envelope: Fields | None, currency: str, timestamp: int
) -> Event:
    """Return the event of these fields; raises Rejected with the first reason that applies.

    `envelope`: the attributes of the CloudEvent that it came in, if it did.
    """
    kind = check_type(fields)
    if TOPIC_OF[kind] != topic:
        message = f'"{kind}" belongs to topic {TOPIC_OF[kind]}, not {topic}'
        raise Rejected("wrong_topic", message)
    _check_present(kind, fields, envelope)
    event = _build(TOPIC_OF[kind], fields, envelope)
    check_currency(getattr(event, "currency", None), currency)
    check_ahead(event.time, timestamp)
    return event


def check_type(fields: Fields) -> str:
    """Return the type; raises Rejected (`missing_field`, `unknown_type`)."""
    kind = fields.get("type")
    if kind is None:
        raise Rejected("missing_field", "type is missing")
    if not isinstance(kind, str) or kind not in TOPIC_OF:
        raise Rejected("unknown_type", f"unknown type {_shown(kind)}{_suggestion(kind)}")
    return kind


def check_currency(found: str | None, allowed: str) -> None:
    """Raise Rejected (`bad_currency`) unless it is absent or the only one allowed."""
    if found is not None and found != allowed:
        raise Rejected("bad_currency", f"currency is {_shown(found)}, allowed: {allowed}")


def check_ahead(time: int, timestamp: int) -> None:
    """Raise Rejected (`future_time`) if the event is too far ahead of its record."""
    if time > timestamp + AHEAD_MS:
        ahead = (time - timestamp) // 1000
        message = f"time is {ahead:,} s ahead of the record's timestamp, allowed: 300 s"
        raise Rejected("future_time", message)


def _check_present(kind: str, fields: Fields, envelope: Fields | None) -> None:
    needed = (*COMMON, NEEDS[kind]) if kind in NEEDS else COMMON
    missing = [name for name in needed if fields.get(name) is None]
    if envelope is not None:
        missing += missing_of(envelope)
    if missing:
        what = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        hint = (
            " (a CloudEvent has the user as subject)" if envelope and "user_id" in missing else ""
        )
        raise Rejected("missing_field", f'{what}, which "{kind}" requires{hint}')


def _build(topic: InputTopic, fields: Fields, envelope: Fields | None) -> Event:
    """Return the event, or raise Rejected (`bad_field`) naming every field that is wrong."""
    values: dict[str, Any] = {}
    faults = faults_of(envelope) if envelope is not None else []
    for field in _FIELDS[EVENTS[topic]]:
        written = fields.get(field.name)
        if written is None:
            continue
        try:
            values[field.name] = _READERS.get(field.name, _read_typed)(field, written)
        except ValueError as error:
            faults.append(_fault(field, written, str(error)))
    if faults:
        raise Rejected("bad_field", "; ".join(faults))
    return EVENTS[topic](**values)


def _read_typed(field: FieldInfo, written: object) -> object:
    """Return the value if msgspec finds it right for the field's type."""
    return msgspec.convert(whole(written), field.type)


def _read_user(field: FieldInfo, written: object) -> object:
    user = _read_typed(field, written)
    if has_control(str(user)):
        raise ValueError("control character")
    return user


def _read_time(field: FieldInfo, written: object) -> object:
    number = whole(_read_typed(field, written))
    return parse_time(number) if isinstance(number, str) else check_range(int(str(number)))


def _read_amount(_: FieldInfo, written: object) -> object:
    if isinstance(written, str):
        return cents_of_text(written)
    if isinstance(written, bool) or not isinstance(written, int | Decimal):
        raise ValueError("neither number nor text")  # noqa: TRY004 - the data's fault, not ours
    return cents_of_number(written)


def _read_attributes(field: FieldInfo, written: object) -> object:
    attributes: dict[str, object] = msgspec.convert(written, field.type)
    if unreadable := _unreadable(attributes, "attributes"):
        raise ValueError(f"{unreadable} is a number out of range")
    widen(attributes)
    return attributes


_READERS: Final[Mapping[str, Callable[[FieldInfo, object], object]]] = {
    "user_id": _read_user,
    "time": _read_time,
    "until": _read_time,
    "amount": _read_amount,
    "attributes": _read_attributes,
}
"""Fields with more to them than their type says."""


def has_control(text: str) -> bool:
    r"""Whether there is a control character; quick for texts with none.

    >>> has_control("u1"), has_control("u\u200b1"), has_control("u\n1")
    (False, False, True)
    """
    return not text.isprintable() and any(
        character < " " or "\x7f" <= character <= "\x9f" for character in text
    )


def _unreadable(value: object, path: str) -> str:
    """Return the path of the first number that cannot be read, or nothing."""
    if isinstance(value, OutOfRange):
        return path
    below: Sequence[tuple[object, object]] = ()
    if isinstance(value, dict):
        below = list(value.items())
    elif isinstance(value, list):
        below = list(enumerate(value))
    return next((found for key, one in below if (found := _unreadable(one, f"{path}.{key}"))), "")


def _fault(field: FieldInfo, written: object, error: str) -> str:
    if field.name == "content":  # what people write is not for logs and dead letters
        size = f"{len(written):,} characters" if isinstance(written, str) else "not text"
        return f"content is {size}, allowed: {_allowed(field.type)}"
    if field.name == "attributes" and isinstance(written, dict):
        return error
    return f"{field.name} is {_shown(written)}, allowed: {_allowed(field.type)}"


def _allowed(annotation: object) -> str:
    """Return what a field's type allows, in the words of events.py."""
    parts = (annotation, *get_args(annotation))  # X | None: the parts of a union, too
    found = [meta.description for part in parts for meta in getattr(part, "__metadata__", ())]
    choices = [choice for part in parts for choice in get_args(part) if isinstance(choice, str)]
    return next(filter(None, found), ", ".join(choices))


def _shown(value: object) -> str:
    """Return a value as JSON, shortened: enough to find it again."""
    bare = isinstance(value, Decimal | OutOfRange)
    text = str(value) if bare else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def _suggestion(kind: object) -> str:
    close = get_close_matches(str(kind)[:_MOST_SHOWN], TOPIC_OF, n=1)
    return f', did you mean "{close[0]}"?' if close else f", allowed: {', '.join(TOPIC_OF)}"
