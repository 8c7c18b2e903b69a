"""What would be sent again, and what would only be rejected again."""

import json
from typing import Any

from agents.dlq.again import judge
from agents.dlq.letter import DeadLetter
from agents.names import Names
from tests.agents.test_sessions import ENGINE
from tests.schemas.samples import NOW

NAMES = Names("app", "eu.")
LIKE = {"id": "e1", "source": "app", "type": "like", "user_id": "u1", "time": NOW}


def letter(topic: str, event: dict[str, Any], **headers: bytes) -> DeadLetter:
    """A dead letter of this input topic."""
    value, own = json.dumps(event).encode(), tuple(headers.items())
    about = ("eu.x.dlq:0:1", "eu.x:0:1", f"eu.{topic}", 0, NOW, "bad_field", "")
    return DeadLetter(*about, None, value, own)


def test_what_is_right_by_now_is_sent_for_its_user() -> None:
    """An event of the future whose time has come, a catalogue that has the tag."""
    override = LIKE | {"type": "override", "tag": "activity", "value": "hot"}
    letters = [letter("interactions", LIKE), letter("profiles", override)]
    judged = judge(letters, ENGINE, NAMES, NOW)
    assert [(again.user, again.rejected) for again in judged] == [("u1", None)] * 2


def test_what_would_be_rejected_again_says_why() -> None:
    override = LIKE | {"type": "override", "tag": "activity", "value": "lukewarm"}
    letters = [
        letter("interactions", LIKE | {"duration_s": -1}),
        letter("profiles", override),
        letter("interactions", LIKE | {"time": NOW + 3_600_000}),
    ]
    judged = judge(letters, ENGINE, NAMES, NOW)
    assert [again.user for again in judged] == [None] * 3
    reasons = [again.rejected.reason for again in judged if again.rejected]
    assert reasons == ["bad_field", "bad_field", "future_time"]


def test_headers_are_part_of_the_event() -> None:
    """A CloudEvent in binary mode is none without them."""
    words = {
        "id": b"e1",
        "source": b"app",
        "type": b"like",
        "subject": b"u7",
        "specversion": b"1.0",
    }
    words |= {"time": b"2026-01-01T00:00:00Z"}
    one = letter("interactions", {}, **{f"ce_{name}": word for name, word in words.items()})
    (again,) = judge([one], ENGINE, NAMES, NOW)
    assert (again.user, again.rejected) == ("u7", None)
