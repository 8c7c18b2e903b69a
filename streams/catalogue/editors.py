"""The JSON Schema of a catalogue, for editors: completion, descriptions, first checks.

It is made from the tables that the loader reads with, so the two cannot say different
things. What needs more than shape (names that exist, types that fit) is the loader's alone.
The result is checked in as `schemas/catalogue/catalogue.schema.json`.
"""

from collections.abc import Mapping
from typing import cast

from streams.catalogue import detectors, measures, tags
from streams.catalogue.model import Aggregate
from streams.catalogue.shapes import Schema, condition, duration, event_types, text
from streams.catalogue.titles import LANGUAGES
from streams.catalogue.vocabulary import EVENT_FIELDS, FIELD_TYPES
from streams.detectors import DETECTORS

NAME = "^[a-z][a-z0-9_]{0,62}$"

_AGGREGATES: Mapping[Aggregate, str] = {
    "count": "how many events of these types",
    "sum": "the sum of an event field",
    "mean": "the mean of an event field",
    "min": "the smallest value of an event field",
    "max": "the largest value of an event field",
    "last": "the latest value of an event field",
    "first": "the earliest value of an event field",
    "distinct": "how many different values of an event field, exact up to 256",
    "top": "the most frequent value of an event field",
    "days": "on how many calendar days there were events of these types",
    "score": "the sum of points, so many for each event of a type",
    "attribute": "the value of an attribute of the user's profile",
    "set": "the values of an event field that some events add and others remove",
}


def json_schema() -> Schema:
    """The schema of the whole file, JSON Schema draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tagstream.dev/schemas/catalogue.schema.json",
        "title": "tagstream catalogue",
        **_object(_header() | _sections(), required=("catalogue", "version")),
        "$defs": _definitions(),
    }


def _header() -> dict[str, Schema]:
    return {
        "catalogue": {"type": "string", "pattern": "^[a-z0-9-]{1,63}$", "description": "its name"},
        "version": {"type": "integer", "minimum": 0, "description": "raise it at every change"},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "of all amounts"},
        "timezone": {"type": "string", "description": "whose midnight ends a calendar day"},
        "forget_after": duration("a user with no event for so long is dropped"),
    }


def _sections() -> dict[str, Schema]:
    return {
        "measures": _named("measure", "figures kept for every user"),
        "tags": _named("tag", "labels that follow from measures and other tags"),
        "detectors": _named("detector", "anomalies to watch for"),
    }


def _definitions() -> dict[str, Schema]:
    kinds = [_measure(aggregate) for aggregate in measures.OPTIONS]
    return {
        "duration": {"type": "string", "pattern": "^[0-9]{1,12}[smhd]$", "examples": ["7d", "90s"]},
        "eventType": {"enum": list(EVENT_FIELDS)},
        "eventTypes": _list({"$ref": "#/$defs/eventType"}, "event types", unique=True),
        "field": {"enum": list(FIELD_TYPES)},
        "condition": {"type": ["string", "boolean"], "maxLength": 1_000},
        "expression": {"type": ["string", "number", "boolean"], "maxLength": 1_000},
        "title": _object({language: text() for language in LANGUAGES}),
        "measure": {"oneOf": kinds},
        "tag": {"oneOf": [_tag(kind) for kind in tags.OPTIONS]},
        "detector": {"oneOf": [_detector(kind) for kind in DETECTORS]},
    }


def _measure(aggregate: Aggregate) -> Schema:
    """One aggregate with what may stand beside it."""
    options = _measure_options()
    argument = _argument(aggregate) | {"description": _AGGREGATES[aggregate]}
    properties: dict[str, Schema] = {aggregate: argument}
    properties |= {key: options[key] for key in measures.OPTIONS[aggregate]}
    needed = [key for key in ("of", "add") if key in properties]
    return _object(properties, (aggregate, *needed, *(["window"] if aggregate == "days" else [])))


def _measure_options() -> dict[str, Schema]:
    return {
        "of": event_types("the events that carry the field"),
        "where": condition("only events for which this holds, by their own fields"),
        "window": duration("how far back; without it, for ever"),
        "step": duration("by how much the window moves; divides it; default a 24th"),
        "type": {"enum": list(measures.ATTRIBUTE_TYPES), "default": "text"},
        "add": event_types("events that add a value"),
        "remove": event_types("events that remove it"),
    }


def _argument(aggregate: Aggregate) -> Schema:
    """What stands under an aggregate."""
    if aggregate in measures.ACCEPTED:
        return {"$ref": "#/$defs/field"}
    if aggregate == "attribute":
        return text()
    if aggregate == "score":
        points: Schema = {"type": "integer"}
        names: Schema = {"$ref": "#/$defs/eventType"}
        return {"type": "object", "propertyNames": names, "additionalProperties": points}
    return {"$ref": "#/$defs/eventTypes"}


def _tag(kind: str) -> Schema:
    """One kind of tag with what may stand beside it."""
    rules: dict[str, Schema] = {
        "values": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"$ref": "#/$defs/condition"},
            "description": "the first that holds is the value; `else` only as the last",
        },
        "when": condition("when the flag is on"),
        "value": {"$ref": "#/$defs/expression", "description": "whose value is the tag's value"},
        "set": {"type": "string", "description": "a measure that is a set"},
        "hold": duration("how long a value stays before a later one replaces it"),
        "levels": _list({"type": "integer", "minimum": 1}, "the lengths of the value's parts"),
    }
    properties = {key: rules[key] for key in (kind, *tags.OPTIONS[kind])}
    common = _common() | {"dimension": cast("Schema", {"enum": list(tags.DIMENSIONS)})}
    return _object(properties | common, (kind,))


def _detector(kind: str) -> Schema:
    """One kind of detector with its own parameters."""
    takes = DETECTORS[kind].takes
    own = {key: parameter.shape for key, parameter in takes.items()}
    properties: dict[str, Schema] = {
        "kind": {"const": kind},
        "of": event_types("the events that it looks at"),
        "where": condition("only events for which this holds, by their own fields"),
        "severity": {"enum": list(detectors.SEVERITIES), "default": "warning"},
        "flag": duration("how long the flag stays after the last hit; default 24h"),
        "cooldown": duration("how long no second alert follows the last; default 6h"),
    }
    needed = [key for key, parameter in takes.items() if not parameter.optional]
    of = () if DETECTORS[kind].usual else ("of",)
    return _object(properties | own | _common(), ("kind", *of, *needed))


def _common() -> dict[str, Schema]:
    return {
        "title": {"$ref": "#/$defs/title", "description": "what people see"},
        "description": {"type": "string", "description": "why, in a line"},
    }


def _object(properties: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _named(definition: str, said: str) -> Schema:
    """A section: names and what they stand for."""
    return {
        "type": ["object", "null"],
        "propertyNames": {"pattern": NAME},
        "additionalProperties": {"$ref": f"#/$defs/{definition}"},
        "description": said,
    }


def _list(items: Schema, said: str, *, unique: bool = False) -> Schema:
    return {
        "type": "array",
        "items": items,
        "minItems": 1,
        "uniqueItems": unique,
        "description": said,
    }
