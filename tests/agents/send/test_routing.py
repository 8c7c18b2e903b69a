"""Tests of agents/send/routing.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.send.routing import address
from schemas.rejects import Rejected
from schemas.routing import route_of

CLOUD_EVENT = b'{"specversion":"1.0","type":"like","subject":"u1","id":"1","source":"s","data":{}}'


def test_a_good_line_goes_where_the_schemas_say() -> None:
    """No second opinion on what can be read."""
    line = b'{"type":"borrow","user_id":"u1","amount":5}'
    assert address(line) == route_of(line)
    assert address(CLOUD_EVENT) == route_of(CLOUD_EVENT)


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"like","user_id":"u1","time":',
        b'{"type" : "like", "user_id" : "u1", "score": NaN}',
        b'{"type":"like","user_id":"u1"} trailing',
        b'{"content":"\xff","type":"like","user_id":"u1"}',
        b'{"type":"like","user_id":"u1","x":' + b"[" * 100_000,
    ],
)
def test_a_broken_line_whose_type_can_be_made_out_keeps_its_topic_and_user(line: bytes) -> None:
    """So that its upstream finds it among the dead letters."""
    assert address(line)[:2] == ("interactions", "u1")


def test_a_broken_cloud_event_keeps_its_header() -> None:
    """The worker is to see it as what it was meant to be."""
    assert address(CLOUD_EVENT[:-1]) == address(CLOUD_EVENT)


@pytest.mark.parametrize(
    "line", [b"hello", b'{"type":"bark"}', b"[]", b'{"user_id":"u1"}', b"\xff"]
)
def test_a_line_without_a_known_type_is_refused(line: bytes) -> None:
    """It has no topic."""
    with pytest.raises(Rejected):
        address(line)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_the_bytes_the_answer_is_an_address_or_a_rejection(line: bytes) -> None:
    """Never another error."""
    try:
        address(b'{"type":"like",' + line)
        address(line)
    except Rejected:
        pass
