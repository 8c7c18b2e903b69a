"""CloudEvents 1.0 as carried by Kafka: the same events in an envelope, in two modes.

Binary: the attributes are record headers `ce_id`, `ce_type`, ..., the value is the data.
Structured: header `content-type: application/cloudevents+json`, the value is the envelope with
the data inside. In both, `subject` is our `user_id`; other attributes are extensions, ignored.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from schemas.rejects import Rejected

Headers = Sequence[tuple[str, bytes]]
Mode = Literal["binary", "structured"]

STRUCTURED: Final = "application/cloudevents+json"
CONTENT_TYPE: Final = (("content-type", b"application/cloudevents+json; charset=utf-8"),)
"""The headers of a record whose value is a whole envelope."""

_PREFIX: Final = "ce_"
_VERSION: Final = "1.0"
_ATTRIBUTES: Final = {
    "id": "id",
    "source": "source",
    "type": "type",
    "time": "time",
    "subject": "user_id",
}
"""The attribute of the envelope: our field."""


def mode_of(headers: Headers) -> Mode | None:
    """Return how the record carries a CloudEvent; None for a plain event."""
    for name, value in headers:
        key = name.lower()
        if key == "content-type" and (value or b"").lower().startswith(STRUCTURED.encode()):
            return "structured"
        if key == "ce_specversion":
            return "binary"
    return None


def attributes_of(headers: Headers) -> dict[str, Any]:
    """Return the attributes of a binary CloudEvent; Rejected (`not_json`) if one is no UTF-8."""
    try:
        return {
            name.lower().removeprefix(_PREFIX): value.decode()
            for name, value in headers
            if name.lower().startswith(_PREFIX) and value is not None
        }
    except UnicodeDecodeError:
        raise Rejected("not_json", "a ce_ header is not UTF-8") from None


def event_of(envelope: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain event: what the envelope says about itself, the rest from the data."""
    rest = {name: value for name, value in data.items() if name not in _ATTRIBUTES.values()}
    return rest | {ours: envelope.get(theirs) for theirs, ours in _ATTRIBUTES.items()}


def data_of(envelope: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the data of a structured CloudEvent; Rejected (`not_json`) if it is no object."""
    data = envelope.get("data")
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise Rejected("not_json", "data is to be a JSON object")
    return data


def missing_of(envelope: Mapping[str, Any]) -> list[str]:
    """Return the required attribute that the envelope lacks and an event has no word for."""
    return [] if envelope.get("specversion") is not None else ["specversion"]


def faults_of(envelope: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the envelope itself, in sentences."""
    faults = []
    if (version := envelope.get("specversion")) not in (None, _VERSION):
        faults.append(f'specversion is {str(version)[:20]}, allowed: "{_VERSION}"')
    if envelope.get("data_base64") is not None:
        faults.append("data_base64 is not read, allowed: data as a JSON object")
    return faults
