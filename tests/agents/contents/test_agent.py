"""From records to messages and back: what is written can be read by those it is for."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from agents.contents.agent import ContentsAgent, find, messages
from agents.contents.asking import Asking
from agents.contents.sending import Message, Sender
from agents.contents.session import ContentsSession
from agents.decoding import ORIGIN_HEADER, origin_of
from agents.session import Lost
from agents.transport.block import Block
from schemas.decode import Decoder
from schemas.postings import Copied, Forget, Posting, encode_posting
from streams.contents import Contents, Rule
from streams.effects import Asked
from tests.agents.test_applying import FakeRecord

RULES = {"copied": Rule(users=2, within=60_000)}
START = 1_700_000_000_000


def posting(user: str, number: int) -> Posting:
    return Posting(user, "app", f"e{number}", START + number, 77, "g1", ("copied",), stale=False)


def record(offset: int, value: bytes, origin: bytes) -> FakeRecord:
    return FakeRecord(offset, START, value, None, ((ORIGIN_HEADER, origin),))


def session() -> ContentsSession:
    return ContentsSession(3, Contents(RULES), 7, (0,), 8, lambda: True)


class FakeSender:
    """Keeps what it was given; fails if it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, Message]] = []
        self.failure: Exception | None = None

    async def send(self, _: Any, messages: dict[int, Sequence[Message]]) -> None:
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.sent += [(p, one) for p, some in messages.items() for one in some]


def test_what_is_found_is_read_as_an_event_of_its_user_with_its_number() -> None:
    ann = record(5, encode_posting(posting("ann", 1)), b"interactions:0:9")
    bob = record(6, encode_posting(posting("bob", 2)), b"repartition:1:4")
    sent = messages(3, find(session(), [ann, bob]))
    assert {home: [m.key for m in some] for home, some in sent.items()} == {
        1: [b"bob"],
        0: [b"ann"],
    }
    (message,) = sent[0]
    one = FakeRecord(0, START, message.value, message.key, tuple(message.headers))
    assert origin_of(one) == ("derived", ("contents:3", 6 * 2**20 + 1))
    event = Decoder("CNY").decode("derived", one.value, one.headers, START)
    assert isinstance(event, Copied)
    assert (event.user_id, event.id, event.users) == ("ann", "e1", 2)


@pytest.mark.parametrize(
    ("value", "origin"),
    [(b"", b"interactions:0:1"), (b"{}", b"interactions:0:1"), (b"[", b""), (b"{}", b"x")],
)
def test_what_is_no_posting_is_passed_over(value: bytes, origin: bytes) -> None:
    """Nobody but us writes there: it must not stop the agent for ever."""
    assert find(session(), [record(0, value, origin)]) == []


async def test_a_posting_goes_by_its_content_and_a_forget_everywhere() -> None:
    sender = FakeSender()
    asking = Asking(cast("Sender", sender), partitions=4)
    asked = [
        Asked(0, 8, posting("ann", 1)),
        Asked(0, 9, posting("bob", 1)),
        Asked(2, 3, Forget("x")),
    ]
    await asking(cast("Any", session()), asked)
    where = [partition for partition, _ in sender.sent]
    assert len(set(where[:2])) == 1
    assert sorted(p for p, m in sender.sent if b"forget" in m.value) == [0, 1, 2, 3]
    origins = {value for _, message in sender.sent for _, value in message.headers}
    assert origins == {b"interactions:3:8", b"interactions:3:9", b"profiles:3:3"}


async def test_a_block_whose_facts_are_not_sent_ends_its_session() -> None:
    """Its rows must not reach the changelog: nobody would send the facts again."""
    sender, lost, mine = FakeSender(), list[ContentsSession](), session()
    agent = ContentsAgent(cast("Sender", sender), lambda it, _: lost.append(it))
    ann = record(0, encode_posting(posting("ann", 1)), b"interactions:0:0")
    await agent.process(Block(mine, (0,), (1,), [ann], [0]))
    assert (mine.positions, mine.calls, mine.live) == ((1,), 1, True)
    sender.failure = Lost("given up")
    bob = record(1, encode_posting(posting("bob", 2)), b"interactions:0:1")
    await agent.process(Block(mine, (1,), (2,), [bob], [0]))
    assert (mine.positions, mine.live, lost) == ((1,), False, [mine])
