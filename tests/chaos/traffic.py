"""What is sent while things go wrong: events on time, late, twice, out of order, broken, misplaced.

The producer repeats what was not acknowledged, as a real one does, so a broken broker makes
more repeats. What was really sent is read back from Kafka afterwards.
"""

import asyncio
import json
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from agents.names import Names
from agents.producing import Producing
from schemas.murmur2 import partition_of
from schemas.topics import INPUT_TOPICS
from tests.chaos.background import Background

_TICK_S = 0.05
_AGAIN_S = 0.5
_LATE_MS = (0, 0, 0, 0, 200, 1_500, 4_000, 9_000, -700)
ERASED = "gone"
"""First part of the ids of users who are erased now and then: nobody can count their events."""


@dataclass(frozen=True, slots=True)
class Message:
    """A record to be sent."""

    topic: str  # logical
    partition: int
    key: bytes
    value: bytes


class Maker:
    """Makes events by chance; `storm`: everything three times, shuffled."""

    def __init__(self, chance: Random, users: int, partitions: int) -> None:
        self._chance, self._partitions = chance, partitions
        self._users = [f"u{n}" for n in range(users)] + [f"{ERASED}{n}" for n in range(3)]
        self._number, self._recent = 0, list[Message]()
        self.storm = False

    def messages(self, count: int, now_ms: int) -> list[Message]:
        """About so many messages; some orders are changed."""
        made = [self._message(now_ms) for _ in range(count)]
        if self.storm:
            made *= 3
        if self.storm or self._chance.random() < 0.3:
            self._chance.shuffle(made)
        return made

    def _message(self, now_ms: int) -> Message:
        kind = self._chance.random()
        if kind < 0.05 and self._recent:
            return self._chance.choice(self._recent)
        user = self._chance.choice(self._users)
        if kind < 0.06:
            return self._put("interactions", user, b"no event")
        if kind < 0.07:
            return self._put(
                "transactions", user, self._event(user, "payment", now_ms)
            )  # no amount
        if kind < 0.10:
            return self._profile(user, now_ms)
        message = self._ordinary(user, now_ms, misplaced=kind < 0.12)
        self._recent = [*self._recent[-5:], message]
        return message

    def _ordinary(self, user: str, now_ms: int, *, misplaced: bool) -> Message:
        type_ = self._chance.choice(("like", "like", "like", "join", "leave", "payment", "borrow"))
        if type_ in ("payment", "borrow"):
            more: dict[str, Any] = {"amount": self._chance.choice((5, 12, 30))}
            return self._put("transactions", user, self._event(user, type_, now_ms, **more))
        more = {"community_id": f"c{self._chance.randint(1, 4)}"}
        value = self._event(user, type_, now_ms, **more)
        return self._put("interactions", user, value, beside=int(misplaced))

    def _profile(self, user: str, now_ms: int) -> Message:
        kind = self._chance.random()
        if kind < 0.3:
            order = {"tag": "activity", "value": self._chance.choice(("hot", "cold", None))}
            until = {"until": now_ms + 4_000, "reason": "chaos", "by": "somebody"}
            value = self._event(user, "override", now_ms, **order, **until)
        elif kind < 0.5 and user.startswith(ERASED):
            value = self._event(user, "erase", now_ms)
        else:
            attributes = {"credit_grade": self._chance.choice(("a", "b", None))}
            value = self._event(user, "profile", now_ms, attributes=attributes)
        return self._put("profiles", user, value)

    def _event(self, user: str, type_: str, now_ms: int, **more: Any) -> bytes:
        self._number += 1
        time_ms = now_ms - self._chance.choice(_LATE_MS)
        event = {"id": f"e{self._number}", "source": "chaos", "type": type_, "user_id": user}
        return json.dumps({**event, "time": time_ms, **more}).encode()

    def _put(self, topic: str, user: str, value: bytes, beside: int = 0) -> Message:
        partition = (partition_of(user, self._partitions) + beside) % self._partitions
        return Message(topic, partition, user.encode(), value)


class Sender(Background):
    """Sends what `maker` makes at `rate` events a second, until `finish`."""

    patience_s = 120.0

    def __init__(self, kafka: str, names: Names, maker: Maker, rate: int) -> None:
        super().__init__("traffic")
        self.maker, self._rate = maker, rate
        self._producing = Producing(
            lambda: AIOKafkaProducer(
                bootstrap_servers=kafka, acks="all", enable_idempotence=True, linger_ms=5
            )
        )
        self._topics = {str(logical): names.topic(logical) for logical in INPUT_TOPICS}
        self.acknowledged, self.failed = 0, 0

    def finish(self) -> None:
        """Ends the traffic when all that was made is acknowledged."""
        super().finish()
        assert not self.is_alive(), "traffic could not be sent"

    async def work(self) -> None:
        """Send at an even pace."""
        try:
            owed = 0.0
            while not self._ending.is_set():
                owed += self._rate * _TICK_S
                made = self.maker.messages(int(owed), int(time.time() * 1000))
                owed -= int(owed)
                await self._until_acknowledged(made)
                await asyncio.sleep(_TICK_S)
        finally:
            await self._producing.stop()

    async def _until_acknowledged(self, made: list[Message]) -> None:
        while made:
            producer = await self._connected()
            sending = [self._one(producer, message) for message in made]
            answers = await asyncio.gather(*sending, return_exceptions=True)
            made = [m for m, answer in zip(made, answers, strict=True) if _failed(answer)]
            self.acknowledged += len(answers) - len(made)
            self.failed += len(made)
            if made:
                self._producing.doubt(producer)

    async def _connected(self) -> AIOKafkaProducer:
        """The producer, when there is a broker."""
        while True:
            try:
                return await self._producing.connected()
            except KafkaError:
                await asyncio.sleep(_AGAIN_S)

    def _one(self, producer: AIOKafkaProducer, message: Message) -> Coroutine[Any, Any, Any]:
        topic = self._topics[message.topic]
        return producer.send_and_wait(  # type: ignore[no-any-return] # aiokafka has no types
            topic, message.value, message.key, partition=message.partition
        )


def _failed(answer: object) -> bool:
    if isinstance(answer, KafkaError):
        return True
    if isinstance(answer, BaseException):
        raise answer
    return False
