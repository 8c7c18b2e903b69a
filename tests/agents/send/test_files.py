"""Tests of agents/send/files.py."""

from collections import Counter

from agents.names import Names
from agents.offline.lines import Line
from agents.send.batches import Batches
from agents.send.files import LARGEST, Tally, send_lines
from schemas.cloudevents import CONTENT_TYPE, Headers

Record = tuple[str, bytes | None, bytes, Headers]


class RecordingBatches(Batches):
    """Keeps the records in order; every batch has room for two."""

    def __init__(self) -> None:
        self.gathered: list[Record] = []
        self.sent: list[Record] = []

    def add(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> bool:
        """Gathers."""
        if len(self.gathered) == 2:
            return False
        self.gathered.append((topic, key, value, headers))
        return True

    async def make_room(self) -> None:
        """Sends both."""
        self.sent += self.gathered
        self.gathered.clear()

    async def flush(self) -> None:
        """Sends what is left."""
        await self.make_room()


async def send(*lines: bytes) -> tuple[Tally, list[Record], list[str]]:
    """What became of the lines: figures, records, complaints."""
    batches, complaints = RecordingBatches(), list[str]()
    tally = await send_lines(
        [Line("f", number, data) for number, data in enumerate(lines, 1)],
        batches,
        Names("app", "eu."),
        lambda line, why: complaints.append(f"{line.file}:{line.number}: {why}"),
    )
    return tally, batches.sent, complaints


async def test_lines_go_to_the_topics_of_their_types_keyed_by_user_in_order() -> None:
    """As they stand, byte by byte."""
    like, pay, profile = (
        b'{"type":"like", "user_id":"u1"}',
        b'{"type":"payment","user_id":"\xe5\xbc\xa0"}',
        b'{"type":"profile","user_id":"u2"}',
    )
    tally, sent, complaints = await send(like, pay, profile)
    assert sent == [
        ("eu.interactions", b"u1", like, ()),
        ("eu.transactions", "张".encode(), pay, ()),
        ("eu.profiles", b"u2", profile, ()),
    ]
    assert tally == Tally(Counter(interactions=1, transactions=1, profiles=1), 0)
    assert complaints == []


async def test_a_line_that_cannot_be_routed_is_told_and_the_rest_is_sent() -> None:
    """With file and line."""
    tally, sent, complaints = await send(b'{"type":"bark"}', b'{"type":"like","user_id":"u1"}')
    assert [record[2] for record in sent] == [b'{"type":"like","user_id":"u1"}']
    assert tally.unsent == 1
    assert len(complaints) == 1
    assert complaints[0].startswith("f:1: ")
    assert "bark" in complaints[0]


async def test_a_line_too_large_for_kafka_is_told_and_one_just_fitting_is_sent() -> None:
    """The worker rejects it as too large, and its upstream is told why."""
    fits = b'{"type":"like","user_id":"u1","content":"' + b"x" * (LARGEST - 43) + b'"}'
    assert len(fits) == LARGEST
    tally, sent, complaints = await send(fits, fits + b" ")
    assert [record[2] for record in sent] == [fits]
    assert tally.unsent == len(complaints) == 1


async def test_an_event_without_user_is_sent_without_key() -> None:
    """The worker rejects it (missing_field)."""
    _, sent, _ = await send(b'{"type":"like"}', b'{"type":"like","user_id":""}')
    assert [record[1] for record in sent] == [None, None]


async def test_a_cloud_event_is_sent_with_the_header_that_says_so() -> None:
    """Kafka's binding of CloudEvents, structured mode."""
    _, sent, _ = await send(b'{"specversion":"1.0","type":"like","subject":"u1"}')
    assert sent[0][1] == b"u1"
    assert sent[0][3] == CONTENT_TYPE
