"""Records gathered into one batch a partition, sent when full: the fast way into Kafka."""

import asyncio
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from schemas.cloudevents import Headers
from schemas.murmur2 import murmur2

if TYPE_CHECKING:
    from aiokafka.producer.message_accumulator import BatchBuilder

_Place = tuple[str, int]
_REMEMBERED_KEYS = 1 << 18
_IN_FLIGHT = 64


class Batches:
    """Sends records to topics that all have `partitions` partitions, by Kafka's default rule.

    `add` gathers, and reports False when the record's batch is full: then await `make_room` and
    add it again. `flush` sends what is gathered and returns when Kafka has acknowledged all.
    Both raise what Kafka refused, and KafkaTimeoutError if it says nothing for `ack_s` seconds.
    Within a partition records keep their order.
    """

    def __init__(self, producer: AIOKafkaProducer, partitions: int, ack_s: float = 30) -> None:
        self._producer, self._partitions, self._ack_s = producer, partitions, ack_s
        self._open: dict[_Place, BatchBuilder] = {}
        self._full: _Place | None = None
        self._in_flight: deque[asyncio.Future[object]] = deque()
        # Hashing costs more than all else here, and users come again.
        self._partition_of = lru_cache(_REMEMBERED_KEYS)(self._hash)

    def add(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> bool:
        """Puts a record into its batch; False if there is no room. Without key: partition 0."""
        place = (topic, 0 if key is None else self._partition_of(key))
        batch = self._open.get(place)
        if batch is None:
            batch = self._open[place] = self._producer.create_batch()
        if batch.append(timestamp=None, key=key, value=value, headers=list(headers)) is None:
            self._full = place
            return False
        return True

    async def make_room(self) -> None:
        """Hands the full batch over; waits while too much is under way."""
        if self._full is not None:
            await self._send(self._full)
            self._full = None
        while len(self._in_flight) > _IN_FLIGHT or (self._in_flight and self._in_flight[0].done()):
            await self._acknowledged()

    async def hand_over(self) -> None:
        """Hands over all that is gathered, without waiting for the acknowledgements."""
        for place in list(self._open):
            await self._send(place)
        await self.make_room()

    async def flush(self) -> None:
        """Sends all that is gathered; returns when all is acknowledged."""
        await self.hand_over()
        while self._in_flight:
            await self._acknowledged()

    async def _send(self, place: _Place) -> None:
        batch = self._open.pop(place)
        batch.close()
        topic, partition = place
        self._in_flight.append(await self._producer.send_batch(batch, topic, partition=partition))

    async def _acknowledged(self) -> None:
        """Waits for the oldest batch: by itself an idempotent producer would retry for ever."""
        try:
            await asyncio.wait_for(self._in_flight.popleft(), self._ack_s)
        except TimeoutError:
            raise KafkaTimeoutError(f"no acknowledgement in {self._ack_s} s") from None

    def _hash(self, key: bytes) -> int:
        return (murmur2(key) & 0x7FFF_FFFF) % self._partitions
