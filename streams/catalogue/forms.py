"""Forms of measures: what may stand under an aggregate's name and beside it.

An aggregate states its form in its file (`Figure.form`): loader and JSON Schema read that. The
two forms that most have are here, `of_events` and `of_field`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Required, TypedDict

from streams.catalogue.faults import listing, suggest
from streams.catalogue.fields import Fields
from streams.catalogue.model import Type, Window
from streams.catalogue.shapes import EVENT_TYPES, FIELD, Schema, condition, duration, event_types
from streams.catalogue.vocabulary import FIELD_TYPES, fields_of

STEPS = 24  # of a window that does not say
MOST_STEPS = 100_000
"""Of any window: each may hold a number for each user, and a row has to fit a Kafka record."""

WHERE = condition("only events for which this holds, by their own fields")
WINDOW = duration("how far back; without it, for ever")
STEP = duration("by how much the window moves; divides it; default a 24th")
WINDOWED: Mapping[str, Schema] = {"where": WHERE, "window": WINDOW, "step": STEP}


class Declared(TypedDict, total=False):
    """What a form reads: attributes of `Measure`, but for those that all measures have."""

    type: Required[Type]
    types: Required[tuple[str, ...]]
    field: str | None
    window: Window | None
    days: int
    points: Mapping[str, int]
    removes: tuple[str, ...]
    attribute: str | None
    attribute_type: Literal["text", "number", "date", "bool"]


@dataclass(frozen=True, slots=True)
class Form:
    """`argument`: what stands under the name; `said`: what that gives, for editors.

    `options`: what may stand beside it, each with its JSON Schema; `needed`: what must. `read`
    takes the entries and the aggregate's name, and reports what is wrong.
    """

    said: str
    argument: Schema
    options: Mapping[str, Schema]
    read: Callable[[Fields, str], Declared]
    needed: tuple[str, ...] = ()


def of_events(said: str) -> Form:
    """`NAME: [types]`: a number made of the events themselves."""
    return Form(said, EVENT_TYPES, WINDOWED, _read_events)


def of_field(
    said: str, accepts: tuple[Type, ...], gives: Type | None = None, *, hashed: bool = False
) -> Form:
    """`NAME: FIELD` with `of: [types]`; it gives a value of the field's type if `gives` is None.

    `hashed`: it needs no more of a value than its hash, so that it can read `content`.
    """

    def read(fields: Fields, aggregate: str) -> Declared:
        types = fields.event_types("of")
        field = read_field(fields, aggregate, types, accepts, hashed=hashed)
        kind = gives or FIELD_TYPES[field or "score"]  # no field: it is wrong and reported
        return {"type": kind, "types": types, "field": field, "window": read_window(fields)}

    of = event_types("the events that carry the field")
    return Form(said, FIELD, {"of": of, **WINDOWED}, read, needed=("of",))


def _read_events(fields: Fields, aggregate: str) -> Declared:
    types = fields.event_types(aggregate)
    return {"type": "number", "types": types, "window": read_window(fields)}


def read_field(
    fields: Fields,
    aggregate: str,
    types: tuple[str, ...],
    accepts: tuple[Type, ...],
    *,
    hashed: bool = False,
) -> str | None:
    """The event field under the aggregate, one that its events carry and that suits it."""
    name = fields.text(aggregate)
    if name is None:
        return None
    place = fields.value_place(aggregate)
    if name not in FIELD_TYPES:
        close = suggest(name, FIELD_TYPES) or f", known are: {listing(FIELD_TYPES)}"
        fields.wrong(place, f'unknown field "{name}"{close}')
        return None
    if FIELD_TYPES[name] not in accepts:
        said = f"{aggregate} takes a {' or '.join(accepts)} field"
        fields.wrong(place, f'{said}; "{name}" is {FIELD_TYPES[name]}')
    elif name == "content" and not hashed:
        fields.wrong(place, 'of "content" only a hash is kept: it can only be counted by distinct')
    elif types and name not in fields_of(types):
        fields.wrong(place, f'{listing(types)} events have no field "{name}"')
    return name


def read_window(fields: Fields) -> Window | None:
    """`window` and `step`; without a window a measure goes back for ever."""
    width, step = fields.duration("window"), fields.duration("step")
    if "window" not in fields and "step" in fields:
        fields.wrong(fields.place_of("step"), '"step" needs a "window"')
    if width is None or (step is None and "step" in fields):
        return None
    if step is None and width % STEPS:
        said = f"a {STEPS}th of the window is not a whole number of milliseconds"
        fields.wrong(fields.value_place("window"), f'"step" is needed here: {said}')
    elif step is not None and width % step:
        fields.wrong(fields.value_place("step"), '"step" must divide "window" without remainder')
    elif step is not None and width // step > MOST_STEPS:
        said = f"a window has at most {MOST_STEPS:,} steps, not {width // step:,}"
        fields.wrong(fields.value_place("step"), said)
    return Window(width, step or max(1, width // STEPS))
