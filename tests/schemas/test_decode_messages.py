"""What producers are told of an event that is refused: enough to mend it, and no content."""

import re
from typing import Any

import pytest

from schemas.decode import Rejected
from schemas.events import Interaction, Profile, Transaction
from tests.schemas.reading import decode
from tests.schemas.samples import BORROW, OVERRIDE, POST, PROFILE, VISIT, encoded


def message_of(topic: str, event: Any) -> str:
    """Return what people are told about it."""
    with pytest.raises(Rejected) as caught:
        decode(topic, event)
    return caught.value.message


def test_a_message_names_field_value_and_what_is_allowed() -> None:
    """Enough to mend the producer without reading our source."""
    message = message_of("interactions", VISIT | {"duration_s": 90000})
    assert message == "duration_s is 90000, allowed: an integer from 0 to 86400"
    message = message_of("transactions", BORROW | {"purpose": "fun"})
    assert message.startswith('purpose is "fun", allowed: ')
    assert "working_capital" in message


@pytest.mark.parametrize(
    ("topic", "event", "name"),
    [
        *(("interactions", VISIT, name) for name in Interaction.__struct_fields__),
        *(("transactions", BORROW, name) for name in Transaction.__struct_fields__),
        *(("profiles", OVERRIDE, name) for name in Profile.__struct_fields__),
    ],
)
def test_every_field_says_what_is_allowed(topic: str, event: dict[str, Any], name: str) -> None:
    """In words: no field has a limit that the message keeps to itself."""
    if name != "type":
        message = message_of(topic, event | {name: -5.5})
        assert re.fullmatch(rf"{name} is (-5.5|not text), allowed: \w.{{10,}}", message)


def test_a_message_names_all_fields_that_are_wrong() -> None:
    """A producer is mended once, not field by field."""
    message = message_of("transactions", BORROW | {"amount": 0.001, "id": ""})
    assert 'id is "", allowed: text of 1 to 128 characters' in message
    assert "amount is 0.001, allowed: a number or text above 0" in message
    assert message_of("interactions", {"type": "visit", "id": "e", "source": "s"}) == (
        'user_id, time are missing, which "visit" requires'
    )


def test_a_message_never_shows_content() -> None:
    """What people wrote stays out of logs and dead letters."""
    message = message_of("interactions", POST | {"content": "secret" * 1000})
    assert "secret" not in message
    assert "6,000 characters" in message
    message = message_of("interactions", POST | {"content": ["secret"]})
    assert message == "content is not text, allowed: text of at most 4,096 characters"


def test_a_message_shortens_long_values() -> None:
    """256 KiB of identifier help nobody."""
    assert len(message_of("interactions", VISIT | {"id": "x" * 10_000})) < 150


def test_a_misspelt_type_is_recognised() -> None:
    """The suggestion is the nearest type of any topic."""
    message = message_of("transactions", BORROW | {"type": "borow"})
    assert message == 'unknown type "borow", did you mean "borrow"?'


def test_a_type_that_is_like_none_is_answered_with_all() -> None:
    """Whoever sends `buy` has to find `purchase`."""
    message = message_of("transactions", BORROW | {"type": "buy"})
    assert message.startswith('unknown type "buy", allowed: visit, like,')
    assert ", purchase," in message


def test_a_wrong_topic_says_the_right_one() -> None:
    """Both are named."""
    message = message_of("interactions", BORROW)
    assert message == '"borrow" belongs to topic transactions, not interactions'


def test_an_attribute_out_of_range_is_named_by_its_path() -> None:
    """Its value is of no use."""
    value = encoded(PROFILE).replace(b"[1]", b"[1e999]")
    assert message_of("profiles", value) == "attributes.deep.a.0 is a number out of range"
