"""The section `measures`: one figure kept for every user, by one of thirteen aggregates."""

from collections.abc import Mapping
from typing import cast

from streams.catalogue.expressions.read import read_condition
from streams.catalogue.expressions.scope import fields_scope
from streams.catalogue.faults import Faults, listing, suggest
from streams.catalogue.fields import Fields
from streams.catalogue.model import Aggregate, Expression, Measure, Type, Window
from streams.catalogue.tree import Entries, Scalar, Tree
from streams.catalogue.vocabulary import FIELD_TYPES, fields_of

OPTIONS: Mapping[Aggregate, tuple[str, ...]] = {
    "count": ("where", "window", "step"),
    "sum": ("of", "where", "window", "step"),
    "mean": ("of", "where", "window", "step"),
    "min": ("of", "where", "window", "step"),
    "max": ("of", "where", "window", "step"),
    "last": ("of", "where", "window", "step"),
    "first": ("of", "where", "window", "step"),
    "distinct": ("of", "where", "window", "step"),
    "top": ("of", "where", "window", "step"),
    "days": ("where", "window"),
    "score": ("where", "window", "step"),
    "attribute": ("type", "where"),
    "set": ("add", "remove", "where"),
}
"""What may stand beside each aggregate."""

ACCEPTED: Mapping[Aggregate, tuple[Type, ...]] = {
    "sum": ("number", "money"),
    "mean": ("number", "money"),
    "min": ("number", "money", "time"),
    "max": ("number", "money", "time"),
    "last": ("number", "money", "time", "text"),
    "first": ("number", "money", "time", "text"),
    "distinct": ("number", "money", "time", "text"),
    "top": ("text",),
    "set": ("text",),
}
"""The types of field that an aggregate can read; those not here read none."""

ATTRIBUTE_TYPES: Mapping[str, Type] = {
    "text": "text",
    "number": "number",
    "date": "time",
    "bool": "bool",
}
_OF_FIELD = ("sum", "min", "max", "last", "first")  # their type is the field's
_FIXED: Mapping[Aggregate, Type] = {"top": "text", "set": "set"}  # all others: number
DAY = 86_400_000
STEPS = 24  # of a window that does not say
MOST_STEPS = 100_000
"""Of any window: each may hold a number for each user, and a row has to fit a Kafka record."""


def read_measure(name: Scalar, tree: Tree, faults: Faults) -> Measure | None:
    """One measure; None if anything about it is wrong."""
    before = len(faults)
    fields = Fields(f'measure "{name.text}"', name.place, tree, faults)
    aggregate = cast("Aggregate | None", fields.one_of(tuple(OPTIONS), "aggregate"))
    if aggregate is None:
        return None
    fields.only((aggregate, *OPTIONS[aggregate]))
    measure = _READERS.get(aggregate, _read_field)(name, aggregate, fields)
    return measure if len(faults) == before else None


def _read_count(name: Scalar, aggregate: Aggregate, fields: Fields) -> Measure:
    """`count: [types]`."""
    types = fields.event_types(aggregate)
    return _finished(name, aggregate, fields, types, window=_window(fields))


def _read_score(name: Scalar, aggregate: Aggregate, fields: Fields) -> Measure:
    """`score: {type: points}`."""
    points = fields.points(aggregate)
    return _finished(name, aggregate, fields, tuple(points), points=points, window=_window(fields))


def _read_days(name: Scalar, aggregate: Aggregate, fields: Fields) -> Measure:
    """`days: [types]`, over whole calendar days."""
    types = fields.event_types(aggregate)
    fields.need("window")
    width = fields.duration("window")
    if width is not None and width % DAY:
        fields.wrong(
            fields.value_place("window"), "days are counted in whole days, for example 30d"
        )
    return _finished(name, aggregate, fields, types, days=(width or DAY) // DAY)


def _read_field(name: Scalar, aggregate: Aggregate, fields: Fields) -> Measure:
    """`sum: FIELD` with `of: [types]`, and its like."""
    fields.need("of")
    types = fields.event_types("of")
    field = _field(aggregate, fields, types)
    return _finished(name, aggregate, fields, types, field=field, window=_window(fields))


def _read_attribute(name: Scalar, aggregate: Aggregate, fields: Fields) -> Measure:
    """`attribute: NAME` of the user's profile."""
    attribute = fields.text(aggregate)
    kind = fields.choice("type", tuple(ATTRIBUTE_TYPES), "text")
    return _finished(
        *(name, aggregate, fields, ("profile",)),
        attribute=attribute,
        attribute_type=kind,
        type=ATTRIBUTE_TYPES.get(kind, "text"),
    )


def _read_set(name: Scalar, aggregate: Aggregate, fields: Fields) -> Measure:
    """`set: FIELD`, which some events join and others leave."""
    fields.need("add")
    adds, removes = fields.event_types("add"), fields.event_types("remove")
    for kind in sorted({*adds} & {*removes}):
        fields.wrong(fields.place_of("remove"), f'"{kind}" cannot both add and remove')
    field = _field(aggregate, fields, (*adds, *removes))
    return _finished(name, aggregate, fields, adds, field=field, removes=removes)


_READERS = {
    "count": _read_count,
    "score": _read_score,
    "days": _read_days,
    "attribute": _read_attribute,
    "set": _read_set,
}


def _finished(
    name: Scalar, aggregate: Aggregate, fields: Fields, types: tuple[str, ...], **own: object
) -> Measure:
    """What all measures have in common, around what is its `own`."""
    removes = cast("tuple[str, ...]", own.get("removes", ()))
    where, where_text = read_where(fields, (*types, *removes))
    own.setdefault("type", _type(aggregate, cast("str | None", own.get("field"))))
    return Measure(
        name=name.text,
        line=name.place.line,
        aggregate=aggregate,
        types=types,
        where=where,
        where_text=where_text,
        **own,  # type: ignore[arg-type] # the readers above name fields of Measure
    )


def _type(aggregate: Aggregate, field: str | None) -> Type:
    """The type of a measure's value."""
    if aggregate in _OF_FIELD:
        return FIELD_TYPES[field or "score"]  # no field: it is wrong and reported
    return _FIXED.get(aggregate, "number")


def _field(aggregate: Aggregate, fields: Fields, types: tuple[str, ...]) -> str | None:
    """The event field under the aggregate, one that its events carry and that suits it."""
    name = fields.text(aggregate)
    if name is None:
        return None
    place = fields.value_place(aggregate)
    if name not in FIELD_TYPES:
        close = suggest(name, FIELD_TYPES) or f", known are: {listing(FIELD_TYPES)}"
        fields.wrong(place, f'unknown field "{name}"{close}')
        return None
    if FIELD_TYPES[name] not in ACCEPTED[aggregate]:
        said = " or ".join(dict.fromkeys(ACCEPTED[aggregate]))
        fields.wrong(place, f'{aggregate} takes a {said} field; "{name}" is {FIELD_TYPES[name]}')
    elif name == "content" and aggregate != "distinct":
        fields.wrong(place, 'of "content" only a hash is kept: it can only be counted by distinct')
    elif types and name not in fields_of(types):
        fields.wrong(place, f'{listing(types)} events have no field "{name}"')
    return name


def _window(fields: Fields) -> Window | None:
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


def read_where(fields: Fields, types: tuple[str, ...]) -> tuple[Expression | None, str | None]:
    """`where`: a condition over the fields of the event itself."""
    text = fields.scalar("where", "a condition")
    if text is None or not types:
        return None, None
    condition = read_condition(text, '"where"', fields_scope(types), fields.faults)
    return condition, text.text.strip()


def read_measures(tree: Tree | None, faults: Faults) -> dict[str, Measure | None]:
    """All measures by name; None for one that is declared, but wrong."""
    return {
        name.text: read_measure(name, measure, faults)
        for name, measure in (tree.entries if isinstance(tree, Entries) else ())
    }
