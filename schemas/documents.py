"""JSON Schemas (draft 2020-12) and the AsyncAPI document, made from the types themselves.

`python -m schemas.documents OUTDIR` writes them; `make schemas` does it for this folder, and a
test finds them out of date. Nothing here runs in a worker.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.alerts import MOST_EVENTS, Alert, Evidence
from schemas.asyncapi import asyncapi
from schemas.changes import TagChange
from schemas.events import EVENTS, NEEDS, types_of
from schemas.topics import INPUT_TOPICS, InputTopic

Schema = dict[str, Any]

BASE: Final = "https://tagstream.dev/schemas/"
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def documents() -> dict[str, str]:
    """Return every document: path below the folder, text."""
    schemas: dict[str, Schema] = {topic: event_schema(topic) for topic in INPUT_TOPICS}
    schemas |= {"changes": _titled("changes", _schema_of(TagChange)), "alerts": alert_schema()}
    found = {f"json/{name}.schema.json": _text(schema) for name, schema in schemas.items()}
    return found | {"asyncapi.json": _text(asyncapi())}


def alert_schema() -> Schema:
    """Return the schema of an alert, whose evidence holds events and any figures."""
    schema = _schema_of(Alert)
    events = {"type": "array", "maxItems": MOST_EVENTS, "items": _schema_of(Evidence)}
    schema["properties"]["evidence"] |= {"properties": {"events": events}, "required": ["events"]}
    return _titled("alerts", schema)


def event_schema(topic: InputTopic) -> Schema:
    """Return the schema of a topic's events: the fields, then what each type requires.

    Not said here: at most 2 decimals of an amount written as number, that the day of a time
    exists, the size of the whole, and that an event is not ahead of its time.
    """
    event = EVENTS[topic]
    schema = _schema_of(event)
    wanted = {kind: field for kind, field in NEEDS.items() if kind in types_of(event)}
    if wanted:
        schema["allOf"] = [_requirement(field, wanted) for field in dict.fromkeys(wanted.values())]
    return _titled(topic, schema)


def _requirement(field: str, wanted: Mapping[str, str]) -> Schema:
    kinds = [kind for kind, needed in wanted.items() if needed == field]
    return {
        "if": {"properties": {"type": {"enum": kinds}}, "required": ["type"]},
        "then": {"required": [field], "properties": {field: {"not": {"type": "null"}}}},
    }


def _schema_of(struct: type[msgspec.Struct]) -> Schema:
    """Return the schema of a struct with itself at the top; what it refers to in `$defs`."""
    whole = _with_numbers(msgspec.json.schema(struct))
    shared: Schema = whole["$defs"]
    schema: Schema = shared.pop(struct.__name__)
    schema["description"] = " ".join(str(schema["description"]).split())
    return schema | ({"$defs": shared} if shared else {})


def _with_numbers(schema: Any) -> Any:
    """Return the schema with decimals as what we write: numbers, not text."""
    if schema == {"type": "string", "format": "decimal"}:
        return {"type": "number"}
    if isinstance(schema, dict):
        return {name: _with_numbers(part) for name, part in schema.items()}
    return [_with_numbers(part) for part in schema] if isinstance(schema, list) else schema


def _titled(name: str, schema: Schema) -> Schema:
    return {"$schema": _DRAFT, "$id": f"{BASE}json/{name}.schema.json"} | schema


def _text(document: Schema) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main(folder: Path) -> None:
    """Write every document below the folder."""
    for path, text in documents().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
