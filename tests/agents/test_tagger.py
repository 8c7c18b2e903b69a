from typing import Any

import pytest

from agents.applying import Forward, Reject
from agents.session import Call, Lost, Session
from agents.tagger import Tagger, TooManyRejects
from agents.transport.block import Block
from schemas.decode import Decoder
from tests.agents.test_applying import START, record
from tests.agents.test_sessions import METRICS, session


class FailingPublisher:
    """Publishes nothing: says why."""

    def __init__(self, why: BaseException) -> None:
        self.why = why

    async def publish(self, _: Session, __: Call) -> None:
        raise self.why


def tagger_with(publisher: FailingPublisher, lost: list[Session]) -> Tagger:
    clients: dict[str, Any] = {"publisher": publisher, "outgoing": None}
    return Tagger(
        Decoder("CNY"),
        **clients,
        metrics=METRICS,
        partitions=1,
        max_reject_ratio=1.0,
        on_lost=lambda session, _: lost.append(session),
    )


def block(owner: Session) -> Block[Session]:
    return Block(owner, (0,) * 5, (1, 0, 0, 0, 0), [record(0, 0, "u1", 0)], [0], START)


@pytest.mark.parametrize("why", [ZeroDivisionError("ours"), KeyboardInterrupt()])
async def test_a_session_whose_block_was_broken_off_is_over(why: BaseException) -> None:
    """Its rows hold half a block that nobody published: no checkpoint may write them."""
    lost: list[Session] = []
    tagger = tagger_with(FailingPublisher(why), lost)
    owner = session(0)
    with pytest.raises(type(why)):
        await tagger.process(block(owner))
    assert not owner.live
    assert lost == []


async def test_a_refused_call_ends_the_session_and_no_more() -> None:
    lost: list[Session] = []
    tagger = tagger_with(FailingPublisher(Lost("fenced")), lost)
    owner = session(0)
    await tagger.process(block(owner))
    assert not owner.live
    assert lost == [owner]


class Taking:
    """A publisher and an outgoing that take everything."""

    dead_letters = 0

    async def publish(self, session: Session, call: Call) -> None:
        session.calls += 1
        assert call.positions

    async def send(self, _: Session, rejects: list[Reject], __: list[Forward]) -> None:
        self.dead_letters += len(rejects)


async def reject(tagger: Tagger, owner: Session, good: int, bad: int) -> None:
    """A block of so many events."""
    first = owner.positions[0]
    count = good + bad
    records = [record(0, first + n, "u1", n, good=n < good) for n in range(count)]
    after, until = owner.positions, (first + count, *owner.positions[1:])
    await tagger.process(Block(owner, after, until, records, [0] * count, START))


@pytest.mark.parametrize("ratio", [0.2, 0.05])
async def test_more_rejects_than_the_limit_among_the_last_10_000_stop_the_worker(
    ratio: float,
) -> None:
    """At the limit it goes on; what is one too many is in the dead letters all the same."""
    taking: Any = Taking()
    tagger = Tagger(
        *(Decoder("CNY"), taking, taking, METRICS),
        partitions=1,
        max_reject_ratio=ratio,
        on_lost=lambda _, __: None,
    )
    owner, limit = session(0), int(10_000 * ratio)
    for _ in range(3):  # long ago
        await reject(tagger, owner, 0, limit // 4)
        await reject(tagger, owner, 10_000, 0)
    await reject(tagger, owner, 500, limit)
    with pytest.raises(TooManyRejects, match="TAGSTREAM_DLQ_MAX_RATIO") as stopped:
        await reject(tagger, owner, 0, 1)
    assert f"{limit + 1} of its last 10000 events" in str(stopped.value)
    assert taking.dead_letters == 3 * (limit // 4) + limit + 1
