"""An alert: something unusual for *this* user, with the events that show it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.json import Decoder, Encoder

from schemas.changes import Cause

Severity = Literal["info", "warning", "critical"]
"""In rising order."""

MOST_EVENTS: Final = 10
"""So many events an alert shows at most: the latest ones."""


class Title(Struct, frozen=True):
    """What people read, in both languages."""

    zh: str
    en: str


class Evidence(Struct, frozen=True):
    """One event that made the detector fire; `amount` as a JSON number."""

    source: str
    id: str
    time: int
    amount: int | Decimal | None = None


class Alert(Struct):
    """One entry of a partition's alert stream.

    `evidence` is `{"events": [Evidence, ...], figure: value, ...}`, see `evidence_of`: each kind
    of detector has its own figures. `suppressed` counts the hits kept quiet since the last
    alert. Mutable for one reason: the engine leaves `seq` at 0 and the publisher numbers it.
    """

    seq: int
    user_id: str
    detector: str
    severity: Severity
    title: Title
    time: int
    cause: Cause
    evidence: dict[str, Any]
    suppressed: int
    stale: bool


_encoder = Encoder(decimal_format="number")
_decoder = Decoder(Alert)


def evidence_of(events: Sequence[Evidence], **figures: object) -> dict[str, Any]:
    """Return the evidence as it is published: the latest events, then the figures."""
    return {"events": list(events[-MOST_EVENTS:]), **figures}


def encode_alert(alert: Alert) -> bytes:
    """Return the alert as the JSON that readers of the stream see; decimals are numbers."""
    return _encoder.encode(alert)


def decode_alert(data: bytes | str) -> Alert:
    """Read back what `encode_alert` wrote (the events as plain dictionaries)."""
    return _decoder.decode(data)
