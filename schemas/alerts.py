"""An alert: something unusual for *this* user, with the events that show it."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.json import Decoder

from schemas.changes import Cause, encode_value

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


encode_alert: Callable[[Alert], bytes] = encode_value
decode_alert = Decoder(Alert).decode
"""Reads back what `encode_alert` wrote (the events as plain dictionaries)."""


def evidence_of(events: Sequence[Evidence], **figures: object) -> dict[str, Any]:
    """Return the evidence as it is published: the latest events, then the figures."""
    return {"events": list(events[-MOST_EVENTS:]), **figures}
