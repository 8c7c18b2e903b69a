"""Real events, spoiled: the input of the fuzz tests, each made from one seed."""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from agents.simulate.plan import Plan
from agents.simulate.traffic import Traffic
from schemas.topics import INPUT_TOPICS
from tests.schemas.samples import NOW, TOPIC_AND_EVENT, encoded

LITERALS = [
    *("null", "true", "0", "-1", "1e400", "1e-400", "9" * 400, "NaN", "Infinity", "1.005", "[]"),
    *('""', '"\\ud800"', '"\\u0000"', '"' + "x" * 5_000 + '"', '{"a": 1}', "[" * 40 + "]" * 40),
    *('"2026-01-01T00:00:00Z"', '"1989-12-31T23:59:59Z"', '"2026-02-30T00:00:00+25:00"', "1e12"),
    *(
        '"erase"',
        '"override"',
        '"post"',
        '"borrow"',
        '"interactions"',
        '"USD"',
        '"EUR"',
        '"u2"',
        '"大"',
    ),
    *(str(NOW + 1), str(NOW + 86_400_000), str(NOW - 40 * 86_400_000), "253402300799999"),
]
BITS = [b"\x00", b"\xff", b"\xed\xa0\x80", b'"', b"\\", b"{", b"}", b"[", b",", b"\xe5\xa4\xa7"]
_FIELD = re.compile(rb'"[a-z_]+":\s*("(?:[^"\\]|\\.)*"|[^,}\]]+)')


class Spoiled(NamedTuple):
    """What a producer sends."""

    topic: str
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@lru_cache(1)
def originals() -> Sequence[tuple[str, bytes]]:
    """Events of every type, as platforms write them, of a few users."""
    plan = Plan(start=NOW - 600_000, users=8, rate=1.0, seconds=600.0, seed=3)
    simulated = [(sent.topic, sent.value) for sent in Traffic(plan)]
    return simulated + [(topic, encoded(event)) for topic, event in TOPIC_AND_EVENT] * 20


def spoiled(seed: int) -> Spoiled:
    """One event; about a third are left as they were."""
    chance = Random(seed)
    topic, value = chance.choice(originals())
    value = _renamed(chance, value)
    headers: tuple[tuple[str, bytes], ...] = ()
    if chance.random() < 0.15:
        value, headers = _enveloped(chance, value)
    for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
        value = chance.choice(SPOILING)(chance, value)
    if chance.random() < 0.05:
        topic = chance.choice(INPUT_TOPICS)
    return Spoiled(topic, None if chance.random() < 0.01 else value, headers)


def _renamed(chance: Random, value: bytes) -> bytes:
    """An id of its own, or one that others have: real repeats are few."""
    event = json.loads(value)
    event["id"] = f"f{chance.randrange(100_000)}"
    return encoded(event)


def _enveloped(chance: Random, value: bytes) -> tuple[bytes, tuple[tuple[str, bytes], ...]]:
    """As a CloudEvent, in either mode, sometimes with a word missing."""
    event: dict[str, Any] = json.loads(value)
    about = {name: event.pop(name) for name in ("id", "source", "type", "time")}
    about |= {"specversion": "1.0", "subject": event.pop("user_id")}
    if chance.random() < 0.2:
        about.pop(chance.choice(sorted(about)))
    if chance.random() < 0.5:
        kind = ("content-type", b"application/cloudevents+json")
        return encoded(about | {"data": event}), (kind,)
    words = tuple((f"ce_{name}", str(word).encode()) for name, word in about.items())
    return encoded(event), words


def _another_value(chance: Random, value: bytes) -> bytes:
    fields = list(_FIELD.finditer(value))
    if not fields:
        return value
    field = chance.choice(fields)
    return value[: field.start(1)] + chance.choice(LITERALS).encode() + value[field.end(1) :]


def _without_a_field(chance: Random, value: bytes) -> bytes:
    fields = list(_FIELD.finditer(value))
    if not fields:
        return value
    field = chance.choice(fields)
    return value[: field.start()] + value[field.end() :].lstrip(b", ")


def _other_bytes(chance: Random, value: bytes) -> bytes:
    at = chance.randrange(len(value) + 1)
    return value[:at] + chance.choice(BITS) + value[at + chance.choice((0, 1)) :]


def _cut(chance: Random, value: bytes) -> bytes:
    at = chance.randrange(len(value) + 1)
    return value[:at] if chance.random() < 0.5 else value[at:]


def _twice(chance: Random, value: bytes) -> bytes:
    first, last = sorted(chance.randrange(len(value) + 1) for _ in "12")
    return value[:last] + value[first:last] + value[last:]


def _crossed(chance: Random, value: bytes) -> bytes:
    _, other = chance.choice(originals())
    return value[: chance.randrange(len(value) + 1)] + other[chance.randrange(len(other)) :]


def _padded(chance: Random, value: bytes) -> bytes:
    return value[:-1] + b', "padding": "%s"}' % (b"x" * chance.choice((10, 100_000, 300_000)))


def _in_dollars(_: Random, value: bytes) -> bytes:
    return value[:-1] + b', "currency": "USD"}'


SPOILING = (
    *(_another_value, _another_value, _another_value, _without_a_field, _other_bytes, _other_bytes),
    *(_cut, _twice, _crossed, _padded, _in_dollars),
)
