"""Sends records in an order that receivers may rely on: the highest number seen covers all below.

So in a partition a batch goes only when the one before it is acknowledged, and one that failed
goes again, by a new producer, before any other.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from agents.kafka_client import ACK_S, new_producer
from agents.producing import Producing
from agents.said import Said
from agents.session import Lost

log = logging.getLogger(__name__)

_BATCH_BYTES = 1 << 19
_PAUSE_S = 0.5
_LOOK_S = 1.0

Header = tuple[str, bytes]


class Message(NamedTuple):
    """One record."""

    key: bytes
    value: bytes
    headers: Sequence[Header]


class Waiter(Protocol):
    """Who sends: gives up when the partition is."""

    partition: int

    def worth_waiting(self) -> bool:
        """Whether to wait on for Kafka."""
        ...


class Sender:
    """Sends to one topic. `client`: how to reach Kafka (aiokafka keywords)."""

    def __init__(self, topic: str, client: Mapping[str, Any]) -> None:
        self.topic, self._said = topic, Said()
        self._producing = Producing(
            partial(
                new_producer, client, max_batch_size=_BATCH_BYTES, max_request_size=2 * _BATCH_BYTES
            )
        )

    async def stop(self) -> None:
        """Closes the producer; nothing is flushed, for every batch was awaited."""
        await self._producing.stop()

    async def send(self, waiter: Waiter, messages: Mapping[int, Sequence[Message]]) -> None:
        """Returns when Kafka has all, by partition; raises Lost if they are given up meanwhile."""
        todo = [asyncio.create_task(self._in_turn(waiter, p, m)) for p, m in messages.items()]
        pending = set(todo)
        try:
            while pending:
                done, pending = await asyncio.wait(pending, timeout=_LOOK_S)
                for sent in done:
                    sent.result()
                if pending and not waiter.worth_waiting():
                    raise Lost(f"given up while {self.topic} could not be written")
        finally:
            for sending in todo:
                sending.cancel()

    async def _in_turn(self, waiter: Waiter, partition: int, messages: Sequence[Message]) -> None:
        rest = list(messages)
        while rest:
            producer = None
            try:
                async with asyncio.timeout(ACK_S):
                    producer = await self._producing.connected()
                    batch, count = _batch(producer, rest)
                    sending = await producer.send_batch(batch, self.topic, partition=partition)
                    await sending
            except (KafkaError, OSError, TimeoutError) as reason:
                self._producing.doubt(producer)
                if self._said.is_new(waiter.partition, type(reason).__name__):
                    log.warning("%s cannot be written, trying on: %r", self.topic, reason)
                await asyncio.sleep(_PAUSE_S)
            else:
                del rest[:count]
        self._said.forget(waiter.partition)


def _batch(producer: AIOKafkaProducer, messages: Sequence[Message]) -> tuple[BatchBuilder, int]:
    """A batch of as many as fit, and how many these are; it takes any first one."""
    batch = producer.create_batch()
    count = sum(1 for _ in _fitting(batch, messages))
    batch.close()
    return batch, count


def _fitting(batch: BatchBuilder, messages: Sequence[Message]) -> Iterator[Message]:
    for one in messages:
        headers = list(one.headers)
        if batch.append(key=one.key, value=one.value, timestamp=None, headers=headers) is None:
            return
        yield one
