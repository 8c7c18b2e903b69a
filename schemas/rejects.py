"""Why an event can be refused: every reason, in the order in which they are looked for."""

from collections.abc import Mapping
from typing import Final, Literal, final

Reason = Literal[
    "too_large",
    "not_json",
    "too_deep",
    "missing_field",
    "unknown_type",
    "wrong_topic",
    "bad_field",
    "bad_currency",
    "future_time",
]

REASONS: Final[Mapping[Reason, str]] = {
    "too_large": "The value is longer than 256 KiB.",
    "not_json": "The value is not one JSON object in UTF-8 (also: empty, NaN, lone surrogates).",
    "too_deep": "Objects and arrays are nested more than 32 deep.",
    "missing_field": "`type` or another field that this type needs is absent or null.",
    "unknown_type": "No topic has events of this type.",
    "wrong_topic": "Events of this type belong to another topic.",
    "bad_field": "A field has the wrong type or a value outside its limits.",
    "bad_currency": "The currency is not the catalogue's.",
    "future_time": "The event is more than 5 minutes ahead of its record's timestamp.",
}
"""A missing `type` is looked for before `unknown_type`, the other fields after `wrong_topic`."""


@final
class Rejected(Exception):  # noqa: N818 - a fact about an event, not a failure of ours
    """An event that cannot be applied: the first reason that holds, and a sentence for people.

    The message names the field, its value (shortened, never `content`) and what is allowed.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason: Final[Reason] = reason
        self.message: Final[str] = message
