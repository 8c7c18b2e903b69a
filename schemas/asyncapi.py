"""The AsyncAPI 3 document: every channel that a stranger may read or write, and its messages."""

from typing import Any, Final

from schemas.cloudevents import STRUCTURED
from schemas.events import EVENTS
from schemas.rejects import REASONS
from schemas.topics import INPUT_TOPICS

Part = dict[str, Any]

_JSON: Final = "application/json"
_CE_SUBJECT: Final = "CloudEvents 1.0: id, source, type, time from the envelope; subject is user_id"


def asyncapi() -> Part:
    """Return the document; schemas are referred to, not repeated."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "tagstream",
            "version": "1",
            "description": "Events of a user become tags, tag changes and alerts.",
        },
        "defaultContentType": _JSON,
        "channels": _event_channels() | _reject_channels() | _output_channels(),
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": {"reason": _reason()}},
    }


def _event_channels() -> Part:
    return {
        topic: {
            "address": topic,
            "description": "Kafka topic (after TAGSTREAM_TOPIC_PREFIX); the key is user_id",
            "messages": {
                mode: _ref(f"components/messages/{topic}_{mode}")
                for mode in ("plain", "structured", "binary")
            },
            "bindings": {"kafka": {"bindingVersion": "0.5.0"}},
        }
        for topic in INPUT_TOPICS
    }


def _reject_channels() -> Part:
    return {
        f"{topic}_dlq": {
            "address": f"{topic}.dlq",
            "description": "Rejected events: key, value, headers and timestamp as they came",
            "messages": {"rejected": _ref("components/messages/rejected")},
            "bindings": {"kafka": {"bindingVersion": "0.5.0"}},
        }
        for topic in INPUT_TOPICS
    }


def _output_channels() -> Part:
    return {
        name: {
            "address": f"tagstream:{{partition}}:{name}",
            "description": "Redis stream, entry id `<seq>-0`, field `data`; the braces are literal",
            "parameters": {"partition": {"description": "The Kafka partition, in braces"}},
            "messages": {message: _ref(f"components/messages/{message}")},
        }
        for name, message in (("changes", "change"), ("alerts", "alert"))
    }


def _operations() -> Part:
    reads = {f"read_{topic}": _operation("receive", topic) for topic in INPUT_TOPICS}
    writes = {
        f"publish_{name}": _operation("send", name)
        for name in (*(f"{topic}_dlq" for topic in INPUT_TOPICS), "changes", "alerts")
    }
    return reads | writes


def _operation(action: str, channel: str) -> Part:
    return {"action": action, "channel": _ref(f"channels/{channel}")}


def _messages() -> Part:
    messages: Part = {
        "change": {"title": "A tag began, changed or ended", "payload": _file("changes")},
        "alert": {"title": "Something unusual for this user", "payload": _file("alerts")},
        "rejected": _rejected(),
    }
    for topic, event in EVENTS.items():
        messages |= _modes(topic, " ".join(str(event.__doc__).split()))
    return messages


def _modes(topic: str, summary: str) -> Part:
    """Return the three ways to write an event of this topic."""
    headers = {f"ce_{name}": {"type": "string"} for name in ("id", "source", "type", "subject")}
    envelope = {"specversion": {"const": "1.0"}, "data": {"type": "object"}}
    inside = {name.removeprefix("ce_"): schema for name, schema in headers.items()}
    return {
        f"{topic}_plain": {"summary": summary, "contentType": _JSON, "payload": _file(topic)},
        f"{topic}_structured": {
            "summary": _CE_SUBJECT,
            "contentType": STRUCTURED,
            "payload": {
                "type": "object",
                "properties": {**envelope, **inside, "time": {"type": ["string", "integer"]}},
                "required": ["specversion", *inside, "time"],
            },
        },
        f"{topic}_binary": {
            "summary": f"{_CE_SUBJECT}; attributes as headers, the rest as value",
            "contentType": _JSON,
            "headers": {
                "type": "object",
                "properties": {
                    "ce_specversion": {"const": "1.0"},
                    **headers,
                    "ce_time": {"type": "string", "format": "date-time"},
                },
                "required": ["ce_specversion", *headers, "ce_time"],
            },
            "payload": {"type": "object"},
        },
    }


def _rejected() -> Part:
    places = ("topic", "partition", "offset", "exception", "message")
    return {
        "title": "An event that cannot be applied, its bytes as they came",
        "headers": {
            "type": "object",
            "properties": {
                **{f"__streams.errors.{place}": {"type": "string"} for place in places},
                "tagstream.reason": _ref("components/schemas/reason"),
            },
        },
        "payload": {},
    }


def _reason() -> Part:
    sentences = "\n".join(f"- {reason}: {sentence}" for reason, sentence in REASONS.items())
    return {"type": "string", "enum": list(REASONS), "description": sentences}


def _file(name: str) -> Part:
    return {"$ref": f"./json/{name}.schema.json"}


def _ref(path: str) -> Part:
    return {"$ref": f"#/{path}"}
