"""The replay that is easy to believe: a line at a time, all looked up, all written at once."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.json import Encoder

from schemas.alerts import Alert
from schemas.changes import TagChange
from schemas.decode import Decoder, Rejected
from schemas.events import TOPIC_OF
from schemas.routing import route
from schemas.topics import INPUT_TOPICS, TOPICS
from streams.effects import Effects
from streams.engine import Engine, Partition

_encode = Encoder(decimal_format="number").encode

Output = dict[str, list[bytes]]


def slow_replay(engine: Engine, file: Path, now: int, until: int | None) -> Output:
    """The lines of the four files."""
    partition = engine.partition(0, TOPICS)
    effects = Effects()
    rejects = list(_apply_lines(engine, partition, file, now, until, effects))
    if until is not None:
        partition.tick(until)
        while partition.slice(1, 1, effects):
            pass
    return {
        "changes": [_encode(change) for change in _numbered(effects.changes)],
        "alerts": [_encode(alert) for alert in _numbered(effects.alerts)],
        "tags": [_encode(tags) for tags in _tags(partition)],
        "rejects": rejects,
    }


def _apply_lines(
    engine: Engine, partition: Partition, file: Path, now: int, until: int | None, effects: Effects
) -> Iterator[bytes]:
    """Apply what is an event; the lines of rejects.ndjson."""
    decoder, offsets = Decoder(engine.catalogue.currency), dict.fromkeys(INPUT_TOPICS, 0)
    for number, data in enumerate(file.read_bytes().split(b"\n"), 1):
        if not data.strip():
            continue
        try:
            event = decoder.decode_line(data.strip(), now)[1]
        except Rejected as rejected:
            yield _reject(file, number, data.strip(), rejected)
            try:
                offsets[route(data.strip())] += 1
            except Rejected:
                continue
        else:
            topic = TOPIC_OF[event.type]
            if until is None or event.time <= until:
                index = TOPICS.index(topic)
                partition.apply(index, offsets[topic], event, now, effects)
            offsets[topic] += 1


def _reject(file: Path, number: int, data: bytes, rejected: Rejected) -> bytes:
    fault = {"file": str(file), "line": number, "reason": rejected.reason}
    try:
        json.loads(data, parse_constant=_refuse)
        event = data
    except (ValueError, RecursionError):
        event = _encode(data.decode(errors="replace"))
    return _encode({**fault, "message": rejected.message})[:-1] + b',"event":' + event + b"}"


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _numbered(values: Sequence[TagChange | Alert]) -> Iterator[TagChange | Alert]:
    for number, value in enumerate(values, 1):
        value.seq = number
        yield value


def _tags(partition: Partition) -> Iterator[dict[str, object]]:
    for user in sorted(partition.user_ids()):
        tags = {name: state.value for name, state in partition.snapshot(user).items()}
        yield {"user_id": user, "tags": tags}
