"""The JSON Schema of a catalogue, for editors: completion, descriptions, first checks.

It is made from the tables that the loader reads with, so the two cannot say different
things. What needs more than shape (names that exist, types that fit) is the loader's alone.
The result is checked in as `schemas/catalogue/catalogue.schema.json`.
"""

from collections.abc import Mapping
from typing import cast

from streams.aggregates import AGGREGATES
from streams.catalogue import detectors, tags
from streams.catalogue.shapes import Schema, condition, duration, event_types, text
from streams.catalogue.titles import LANGUAGES
from streams.catalogue.vocabulary import EVENT_FIELDS, FIELD_TYPES
from streams.detectors import DETECTORS

NAME = "^[a-z][a-z0-9_]{0,62}$"


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
    kinds = [_measure(aggregate) for aggregate in AGGREGATES]
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


def _measure(aggregate: str) -> Schema:
    """One aggregate with what may stand beside it."""
    form = AGGREGATES[aggregate].form
    properties: dict[str, Schema] = {aggregate: form.argument | {"description": form.said}}
    return _object(properties | dict(form.options), (aggregate, *form.needed))


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
