"""The types cover the topics, and no type belongs to two of them."""

from schemas.events import EVENTS, NEEDS, TOPIC_OF, types_of
from schemas.topics import INPUT_TOPICS


def test_every_topic_has_its_kind_of_event() -> None:
    """In the order of the topics."""
    assert tuple(EVENTS) == INPUT_TOPICS


def test_types_are_disjoint() -> None:
    """So that a mixed file can be routed by type alone."""
    assert sum(len(types_of(event)) for event in EVENTS.values()) == len(TOPIC_OF) == 24


def test_what_a_type_needs_is_a_field_of_its_event() -> None:
    """A slip here would refuse every such event."""
    for kind, field in NEEDS.items():
        assert field in EVENTS[TOPIC_OF[kind]].__struct_fields__
