"""`attribute: NAME`: the last known value of an attribute of the user's profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import ClassVar, Literal, cast
from zoneinfo import ZoneInfo

from streams import numbers
from streams.aggregates.figure import Source
from streams.aggregates.latest import Last
from streams.catalogue.fields import Fields
from streams.catalogue.forms import WHERE, Declared, Form
from streams.catalogue.model import Type
from streams.catalogue.shapes import text
from streams.compiler.code import Lines, StateField, block
from streams.compiler.sources import source_field

Kind = Literal["text", "number", "date", "bool"]
TYPES: Mapping[Kind, Type] = {"text": "text", "number": "number", "date": "time", "bool": "bool"}
_TYPES = {"text": str, "number": int | Decimal, "bool": bool, "date": int}


def as_bool(value: object) -> bool | None:
    """True or false; anything else is missing."""
    return value if isinstance(value, bool) else None


def as_text(value: object) -> str | None:
    """Text; a number or boolean as text; anything else is missing."""
    return numbers.text(value if isinstance(value, str | bool) else numbers.number(value))


def as_time(value: object, zone: str) -> int | None:
    """Epoch milliseconds of a date (its midnight in `zone`) or a time; else missing."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000 + since.microseconds // 1_000


def read_attribute(fields: Fields, aggregate: str) -> Declared:
    """`attribute: NAME` of the user's profile."""
    kind = cast("Kind", fields.choice("type", tuple(TYPES), "text"))
    return {
        "type": TYPES.get(kind, "text"),  # an unknown one is reported
        "types": ("profile",),
        "attribute": fields.text(aggregate),
        "attribute_type": kind,
    }


@dataclass(frozen=True, slots=True)
class Attribute(Last):
    """As `last`, but `null` is news too: it removes the attribute."""

    form: ClassVar[Form] = Form(
        "the value of an attribute of the user's profile",
        text(),
        {"type": {"enum": list(TYPES), "default": "text"}, "where": WHERE},
        read_attribute,
    )
    functions: ClassVar[dict[str, object]] = Last.functions | {
        "as_bool": as_bool,
        "as_text": as_text,
        "number": numbers.number,
    }

    def constants(self) -> dict[str, object]:
        """A date is read in the time zone of the catalogue."""
        dates = {"as_time_here": partial(as_time, zone=self.zone)}
        return Last.constants(self) | (dates if self.measure.attribute_type == "date" else {})

    def fields(self) -> list[StateField]:
        """The value and its event."""
        name = self.measure.name
        kind = _TYPES[self.measure.attribute_type or "text"]
        return [
            StateField(f"m_{name}", kind | None, None),
            source_field(name),
        ]

    def fold(self, source: Source) -> Lines:
        """A profile event that names the attribute."""
        convert = {"number": "number", "bool": "as_bool", "date": "as_time_here"}.get(
            self.measure.attribute_type or "text", "as_text"
        )
        name = repr(self.measure.attribute)
        named = f"if {source['attributes']} is not None and {name} in {source['attributes']}"
        return block(named, [f"new = {convert}({source['attributes']}[{name}])", *self.keep()])
