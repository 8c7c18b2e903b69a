"""Pieces of the JSON Schema for editors: what several options and parameters look like."""

from streams.catalogue.fields import MAX_TEXT

Schema = dict[str, object]

EVENT_TYPES: Schema = {"$ref": "#/$defs/eventTypes"}
EVENT_TYPE: Schema = {"$ref": "#/$defs/eventType"}
FIELD: Schema = {"$ref": "#/$defs/field"}


def duration(said: str) -> Schema:
    """Such as `7d`."""
    return {"$ref": "#/$defs/duration", "description": said}


def condition(said: str) -> Schema:
    """An expression that holds or does not."""
    return {"$ref": "#/$defs/condition", "description": said}


def event_types(said: str) -> Schema:
    """A list of types of event."""
    return EVENT_TYPES | {"description": said}


def text() -> Schema:
    """A short text."""
    return {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
