"""What a catalogue can talk about: the event types and the fields that they carry."""

from collections.abc import Iterable, Mapping

from streams.catalogue.model import Type

COMMON = ("id", "source", "type", "user_id", "time")
"""Fields of every event."""

_INTERACTION = (*COMMON, "community_id", "duration_s", "topic", "content", "product")
_TRANSACTION = (
    *(*COMMON, "amount", "currency", "purpose", "term_days"),
    *("product", "counterparty", "loan_id"),
)

EVENT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "visit": _INTERACTION,
    "like": _INTERACTION,
    "comment": _INTERACTION,
    "share": _INTERACTION,
    "post": _INTERACTION,
    "view": _INTERACTION,
    "consult": _INTERACTION,
    "enquiry": (*_INTERACTION, "amount", "purpose", "term_days"),
    "join": _INTERACTION,
    "leave": _INTERACTION,
    "attend": _INTERACTION,
    "feedback": (*_INTERACTION, "score"),
    "payment": _TRANSACTION,
    "purchase": _TRANSACTION,
    "transfer": _TRANSACTION,
    "invest": _TRANSACTION,
    "redeem": _TRANSACTION,
    "borrow": _TRANSACTION,
    "repay": _TRANSACTION,
    "overdue": _TRANSACTION,
    "default": _TRANSACTION,
    "profile": COMMON,
}
"""The fields of each event type. `override` and `erase` are orders, not things a user does."""

FIELD_TYPES: Mapping[str, Type] = {
    "id": "text",
    "source": "text",
    "type": "text",
    "user_id": "text",
    "time": "time",
    "community_id": "text",
    "duration_s": "number",
    "topic": "text",
    "content": "text",
    "product": "text",
    "score": "number",
    "amount": "money",
    "currency": "text",
    "purpose": "text",
    "term_days": "number",
    "counterparty": "text",
    "loan_id": "text",
}

FIELD_VALUES: Mapping[str, tuple[str, ...]] = {
    "type": tuple(EVENT_FIELDS),
    "purpose": ("working_capital", "equipment", "project", "other"),
}
"""Fields that know only these values."""


def fields_of(types: Iterable[str]) -> tuple[str, ...]:
    """The fields that at least one of these event types carries."""
    return tuple(dict.fromkeys(field for kind in types for field in EVENT_FIELDS.get(kind, ())))
