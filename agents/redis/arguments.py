"""What is published, as arguments of the scripts: values as JSON, numbers given out here."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from agents.redis.link import Argument
from schemas.alerts import Alert, encode_alert
from schemas.changes import TagChange, encode_change, encode_value
from streams.communities import Counts
from streams.effects import TagState

_pack = msgspec.msgpack.Encoder().encode


class Shown(msgspec.Struct, frozen=True):
    """A tag in the hash of its user."""

    value: object
    since: int
    seq: int


def of_changes(changes: Sequence[TagChange], seq: int) -> tuple[bytes, bytes]:
    """Numbers the changes from `seq` + 1 and encodes them: see `scripts/publish.lua`."""
    # two arguments, not six a change: hiredis takes 0.2 us for each
    index: list[str | int] = []
    texts: list[bytes] = []
    for number, change in enumerate(changes, seq + 1):
        change.seq = number
        gone = change.tag is not None and change.new is None
        shown = b"" if gone else encode_value(Shown(change.new, change.time, number))
        why, text = encode_value(change.why), encode_change(change)
        index += (change.user_id, change.tag or "", len(shown), len(why), len(text))
        texts += (shown, why, text)
    return _pack(index), b"".join(texts)


def of_alerts(alerts: Sequence[Alert], seq: int) -> Iterable[Argument]:
    """Numbers the alerts from `seq` + 1 and encodes them: two arguments an alert."""
    for number, alert in enumerate(alerts, seq + 1):
        alert.seq = number
        yield from (number, encode_alert(alert))


def of_user(user: str, tags: Mapping[str, TagState], seq: int) -> Iterable[Argument]:
    """A user's hash as a whole: name, how many tags, three arguments a tag."""
    yield from (user, len(tags))
    for tag, state in tags.items():
        shown = Shown(state.value, state.since, seq)
        yield from (tag, encode_value(shown), encode_value(state.why))


def of_counts(counts: Counts) -> list[tuple[str, str, int]]:
    """Three arguments for each field of each community."""
    return [(one, field, by) for one, fields in counts.items() for field, by in fields.items()]


def of_positions(topics: Sequence[str], positions: Sequence[int]) -> Iterable[Argument]:
    """Names and values of the `pos:` fields, by topic index."""
    for topic, at in zip(topics, positions, strict=True):
        yield from (f"pos:{topic}", at)


def flat(parts: Iterable[Iterable[Argument]]) -> list[Argument]:
    """All of them in a row."""
    return [part for one in parts for part in one]
