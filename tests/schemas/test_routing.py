"""A line of a mixed file finds its topic and its user, broken or not."""

import pytest

from schemas.cloudevents import CONTENT_TYPE
from schemas.decode import Decoder, Rejected
from schemas.events import Transaction
from schemas.rejects import Reason
from schemas.routing import Route, route, route_of, user_of
from tests.schemas.samples import BORROW, NOW, TOPIC_AND_EVENT, VISIT, encoded
from tests.schemas.test_cloudevents import structured


@pytest.mark.parametrize(("topic", "event"), TOPIC_AND_EVENT)
def test_a_line_goes_where_its_type_belongs(topic: str, event: dict[str, object]) -> None:
    """To the topic whose events it is one of, keyed by its user."""
    assert tuple(route_of(encoded(event))) == (topic, "u1", ())


def test_a_cloud_event_goes_with_the_header_that_says_so() -> None:
    """Its user is the subject."""
    assert route_of(structured(BORROW)) == Route("transactions", "u1", CONTENT_TYPE)


@pytest.mark.parametrize("user", [None, 5, ["u1"]])
def test_a_broken_event_with_a_known_type_has_a_topic(user: object) -> None:
    """The worker is the judge of the rest; there is just no key."""
    line = encoded(VISIT | {"user_id": user, "time": "soon"})
    assert (route(line), user_of(line)) == ("interactions", None)


@pytest.mark.parametrize("extra", [b"9" * 5000, b"1e999"])
def test_what_a_glance_cannot_read_is_read_carefully(extra: bytes) -> None:
    """A monstrous number in the user's place is no reason to lose the topic."""
    line = encoded(VISIT).replace(b'"u1"', extra)
    assert route_of(line) == Route("interactions", None, ())
    enveloped = encoded(VISIT | {"specversion": "1.0", "subject": 0}).replace(b": 0", b": " + extra)
    assert route_of(enveloped) == Route("interactions", None, CONTENT_TYPE)


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("not_json", b"visit"),
        ("not_json", b"[]"),
        ("too_large", b"x" * 300_000),
        ("too_deep", b'{"a":' * 5000 + b"1" + b"}" * 5000),
        ("missing_field", b"{}"),
        ("unknown_type", b'{"type": "vist"}'),
        ("unknown_type", b'{"type": ["visit"]}'),
    ],
)
def test_a_line_without_a_topic_is_refused(reason: Reason, line: bytes) -> None:
    """With the reason that the worker would give, by both who route and who decode."""
    with pytest.raises(Rejected) as caught:
        route_of(line)
    assert caught.value.reason == reason
    with pytest.raises(Rejected) as caught:
        Decoder("CNY").decode_line(line, NOW)
    assert caught.value.reason == reason


def test_a_line_is_decoded_as_its_topic_would() -> None:
    """Plain lines and enveloped ones."""
    topic, event = Decoder("CNY").decode_line(encoded(BORROW), NOW)
    assert topic == "transactions"
    assert isinstance(event, Transaction)
    assert event.amount == 12345
    assert Decoder("CNY").decode_line(structured(BORROW), NOW) == (topic, event)
