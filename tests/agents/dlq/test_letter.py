"""A dead letter: read from its headers, shown without what somebody wrote."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agents.decoding import ORIGIN_HEADER
from agents.dlq.letter import DeadLetter, redacted, shown_value
from agents.dlq.read import Filter

SECRET = "what somebody wrote"


@dataclass
class FakeRecord:
    """A record of a dead-letter topic."""

    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    topic: str = "eu.interactions.dlq"
    partition: int = 2
    offset: int = 17
    timestamp: int = 1_000
    key: bytes | None = b"u1"


@dataclass
class Written:
    """The headers that a worker adds."""

    reason: str = "bad_field"
    more: tuple[tuple[str, bytes], ...] = field(default=())

    @property
    def headers(self) -> tuple[tuple[str, bytes], ...]:
        return (
            ("x-trace", b"t1"),
            *self.more,
            ("__streams.errors.topic", b"eu.interactions"),
            ("__streams.errors.partition", b"2"),
            ("__streams.errors.offset", b"5"),
            ("__streams.errors.exception", b"Rejected"),
            ("__streams.errors.message", b"duration_s is wrong"),
            ("tagstream.reason", self.reason.encode()),
        )


def letter(value: bytes | None, **more: Any) -> DeadLetter:
    return DeadLetter.of(FakeRecord(value, Written(**more).headers))


def test_a_letter_says_whence_it_came_and_keeps_the_headers_of_its_sender_alone() -> None:
    """Where a forwarded event came from is ours, too: sent again, it would be wrong."""
    one = letter(b"{}", more=((ORIGIN_HEADER, b"interactions:3:5"),))
    assert (one.place, one.origin) == ("eu.interactions.dlq:2:17", "eu.interactions:2:5")
    assert (one.topic, one.reason, one.message) == (
        "eu.interactions",
        "bad_field",
        "duration_s is wrong",
    )
    assert one.headers == (("x-trace", b"t1"),)


def test_a_record_that_no_worker_wrote_is_shown_as_far_as_it_goes() -> None:
    one = DeadLetter.of(FakeRecord(None))
    assert (one.reason, one.origin, one.fields()) == ("?", "?:?:?", None)
    assert shown_value(one, content=False) == "(not JSON, 0 bytes)"


@given(
    st.recursive(
        st.none() | st.integers() | st.just(SECRET[:4]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["a", "content", "data"]), inner, max_size=3)
        ),
        max_leaves=20,
    )
)
def test_content_is_nowhere_in_what_is_shown(value: Any) -> None:
    """At whatever depth it stands, and whatever it is."""

    def hide(part: Any) -> Any:
        """The slow way: what must not be seen is made unmistakable first."""
        if isinstance(part, dict):
            return {n: [SECRET] if n == "content" else hide(p) for n, p in part.items()}
        return [hide(one) for one in part] if isinstance(part, list) else part

    assert SECRET not in json.dumps(redacted(hide(value)))


def test_content_is_shown_on_demand() -> None:
    event = {"type": "post", "content": SECRET}
    one = letter(json.dumps(event).encode())
    assert shown_value(one, content=False) == {
        "type": "post",
        "content": "(redacted, 19 characters)",
    }
    assert shown_value(one, content=True) == event


def test_of_what_is_not_json_nothing_is_shown_unless_asked_for() -> None:
    """It may have content anywhere."""
    one = letter(b'{"content": "what somebody wrote')
    assert shown_value(one, content=False) == "(not JSON, 32 bytes)"
    assert shown_value(one, content=True) == '{"content": "what somebody wrote'
    assert shown_value(letter(b"[" * 100_000), content=False) == "(not JSON, 100,000 bytes)"
    deep = b'{"a": ' * 100 + b'{"content": "what somebody wrote"}' + b"}" * 100
    assert SECRET not in json.dumps(shown_value(letter(deep), content=False))


def test_a_filter_has_what_meets_all_of_it() -> None:
    """`until` is excluded, so that a day ends where the next one begins."""
    one = letter(b"{}")
    assert Filter().has(one)
    assert Filter(reasons=["bad_field", "not_json"], since=1_000, until=1_001).has(one)
    assert not Filter(reasons=["not_json"]).has(one)
    assert not Filter(since=1_001).has(one)
    assert not Filter(until=1_000).has(one)
    assert Filter(places=[one.place]).has(one)
    assert not Filter(places=["eu.interactions.dlq:2:18"]).has(one)
