from typing import Any

import pytest

from agents.session import Call, Lost, Session
from agents.tagger import Tagger
from agents.transport.block import Block
from schemas.decode import Decoder
from tests.agents.test_applying import START, record
from tests.agents.test_owning import METRICS, session


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
