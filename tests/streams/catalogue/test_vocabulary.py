from msgspec.structs import fields

from schemas.events import EVENTS, TOPIC_OF
from streams.catalogue.vocabulary import EVENT_FIELDS, FIELD_TYPES, FIELD_VALUES

ORDERS = {"override", "erase"}


def test_the_event_types_are_those_that_events_have() -> None:
    """Except the two that are orders to us, which no measure counts."""
    assert {*EVENT_FIELDS} == {*TOPIC_OF} - ORDERS


def test_every_field_of_a_type_is_a_field_of_its_event() -> None:
    """A catalogue cannot name what an event does not carry."""
    for kind, named in EVENT_FIELDS.items():
        carried = {field.name for field in fields(EVENTS[TOPIC_OF[kind]])}
        assert {*named} <= carried


def test_every_field_of_interactions_and_transactions_can_be_named() -> None:
    """A field added to the events is added to the catalogue."""
    for topic in ("interactions", "transactions"):
        carried = {field.name for field in fields(EVENTS[topic])}
        assert carried <= {*FIELD_TYPES}
        assert carried == {
            name
            for kind, named in EVENT_FIELDS.items()
            if TOPIC_OF[kind] == topic
            for name in named
        }


def test_fields_with_known_values_are_texts() -> None:
    """Only texts are compared with a list of values."""
    assert all(FIELD_TYPES[name] == "text" for name in FIELD_VALUES)
