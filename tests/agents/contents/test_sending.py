"""Records arrive in an order in which the highest number covers all below, whatever fails."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.contents import sending
from agents.contents.sending import Message, Sender
from agents.producing import Producing
from agents.session import Lost
from tests.agents.protocol import virtual

FITS = 3  # records in a batch


@dataclass
class FakeBatch:
    values: list[int] = field(default_factory=list)

    def append(self, *, key: bytes, value: bytes, **_: Any) -> object | None:
        if len(self.values) >= FITS:
            return None
        self.values.append(int(value))
        return key

    def close(self) -> None:
        """Nothing more fits."""


@dataclass
class FakeKafka:
    """A broker's log by partition, and a producer that may fail, before or after it wrote."""

    chance: Random
    logs: dict[int, list[int]] = field(default_factory=dict)
    away: bool = False

    def create_batch(self) -> FakeBatch:
        return FakeBatch()

    async def send_batch(self, batch: FakeBatch, _: str, *, partition: int) -> Awaitable[None]:
        await asyncio.sleep(self.chance.choice((0, 0.01, 0.1)))
        if self.away:
            await asyncio.sleep(1_000)
        fate = self.chance.random()
        if fate < 0.2:
            raise KafkaTimeoutError
        self.logs.setdefault(partition, []).extend(batch.values)
        return self._answer(lost=fate < 0.4)

    async def start(self) -> None:
        """See aiokafka."""

    async def stop(self) -> None:
        """See aiokafka."""

    async def _answer(self, *, lost: bool) -> None:
        await asyncio.sleep(self.chance.choice((0, 0.05)))
        if lost:
            raise KafkaTimeoutError


class FakeSender(Sender):
    def __init__(self, kafka: FakeKafka) -> None:
        super().__init__("contents", {})
        self._producing = Producing(lambda: cast("Any", kafka))


@dataclass
class FakeWaiter:
    partition: int = 0
    patience: int = 1_000

    def worth_waiting(self) -> bool:
        self.patience -= 1
        return self.patience > 0


def numbered(*numbers: int) -> list[Message]:
    return [Message(b"k", str(n).encode(), ()) for n in numbers]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1_000), st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_nothing_comes_first_that_would_cover_what_is_still_missing(
    seed: int, blocks: list[int]
) -> None:
    """Who keeps the highest number, and drops all at or below it, has every record once."""
    kafka = FakeKafka(Random(seed))

    async def main() -> None:
        sender, first = FakeSender(kafka), 0
        for count in blocks:
            both = numbered(*range(first, first + count))
            await sender.send(FakeWaiter(), {0: both, 1: both} if count else {})
            first += count

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "ACK_S", 5.0)
        virtual.run(main())
    for log in kafka.logs.values():
        accepted, highest = [], -1
        for number in log:
            if number > highest:
                accepted.append(number)
                highest = number
        assert accepted == list(range(sum(blocks)))


def test_a_partition_that_is_given_up_waits_for_nothing() -> None:
    kafka = FakeKafka(Random(1), away=True)

    async def main() -> None:
        with pytest.raises(Lost, match="contents"):
            await FakeSender(kafka).send(FakeWaiter(patience=3), {0: numbered(1)})

    virtual.run(main())
