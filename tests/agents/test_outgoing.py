"""Dead letters while Kafka does not take them, in virtual time."""

import asyncio
from typing import Any, cast

import pytest
from aiokafka.errors import MessageSizeTooLargeError

from agents.applying import Reject
from agents.names import Names
from agents.outgoing import Outgoing
from agents.producing import Producing
from agents.session import Lost, Session
from schemas.rejects import Rejected
from tests.agents.protocol import virtual
from tests.agents.test_applying import FakeRecord
from tests.agents.test_sessions import session

REJECT = Reject(0, FakeRecord(7, 1, b"no event"), Rejected("not_json", "not JSON"))


class FakeProducer:
    """Refuses the first `refusals` records; without a `broker` it never answers."""

    async def start(self) -> None:
        """See aiokafka."""

    async def stop(self) -> None:
        """See aiokafka."""

    def __init__(self, refusals: int = 0, *, broker: bool = True) -> None:
        self.refusals, self.broker = refusals, broker
        self.sent: list[str] = []

    async def send_and_wait(self, topic: str, *_: Any, **__: Any) -> None:
        if not self.broker:
            await asyncio.Event().wait()
        if self.refusals:
            self.refusals -= 1
            raise MessageSizeTooLargeError
        self.sent.append(topic)


def outgoing(*producers: FakeProducer) -> Outgoing:
    """Connects by one after the other."""
    made, rest = Outgoing(Names("app"), {}), iter(producers)
    made._producing = Producing(lambda: cast("Any", next(rest)))
    return made


async def send(producer: FakeProducer, one: Session) -> None:
    await outgoing(producer).send(one, [REJECT], [])


def test_a_refused_dead_letter_is_sent_again_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    producer = FakeProducer(refusals=3)
    virtual.run(send(producer, session(0)))
    assert producer.sent == ["interactions.dlq"]
    assert len([line for line in caplog.messages if "waits" in line]) == 1


def test_what_a_producer_does_not_answer_goes_by_a_new_one() -> None:
    """An idempotent one may never write again after an outage, and say nothing."""
    mute, sound = FakeProducer(broker=False), FakeProducer()
    virtual.run(outgoing(mute, sound).send(session(0), [REJECT], []))
    assert sound.sent == ["interactions.dlq"]


def test_a_partition_that_is_given_up_does_not_wait_for_its_dead_letters() -> None:
    """The client itself would wait for Kafka without end."""

    async def main() -> float:
        one = session(0)
        asyncio.get_running_loop().call_later(10, setattr, one, "live", False)  # noqa: FBT003 - as it is called
        with pytest.raises(Lost):
            await send(FakeProducer(broker=False), one)
        return asyncio.get_running_loop().time()

    assert virtual.run(main()) < 12
