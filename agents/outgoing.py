"""Records that leave the worker before a block is published: dead letters and forwarded events.

Both are awaited. A topic that cannot be written to holds the partition up: it waits, and
nothing is dropped.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from agents.applying import Forward, Reject
from agents.decoding import ORIGIN_HEADER, origin_of
from agents.kafka_client import ACK_S, new_producer
from agents.names import Names
from agents.producing import Producing
from agents.said import Said
from agents.session import Lost, Session
from schemas.rejects import Rejected
from schemas.topics import INPUT_TOPICS, TOPICS

_PAUSE_S = 1.0
_SLOW_S = 5.0  # without an acknowledgement is worth a line in the log
_ANSWER_S = 3.0  # to "are you there?"
_REFUSALS = (MessageSizeTooLargeError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError)
_MAX_REQUEST = 8 << 20  # a record that is too large for an event must still fit the DLQ

log = logging.getLogger(__name__)


class Outgoing:
    """Sends dead letters and forwarded events. `client`: how to reach Kafka."""

    def __init__(self, names: Names, client: Mapping[str, Any]) -> None:
        self._names, self._said = names, Said()
        self._producing = Producing(partial(new_producer, client, max_request_size=_MAX_REQUEST))

    async def start(self) -> None:
        """Connects the producer."""
        await self._producing.connected()

    async def stop(self) -> None:
        """Closes the producer."""
        await self._producing.stop()

    async def why_away(self) -> str | None:
        """Asks Kafka for what any broker knows; why there is no answer, None if there is."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                producer = await self._producing.connected()
                answered = await producer.client.force_metadata_update()
        except TimeoutError:
            return f"no answer within {_ANSWER_S:g} s"
        except (KafkaError, OSError):
            answered = False
        return None if answered else "no broker can be reached"

    async def send(
        self, session: Session, rejects: Sequence[Reject], forwards: Sequence[Forward]
    ) -> None:
        """Returns when Kafka has them all; raises Lost if the partition is given up meanwhile."""
        records: list[Reject | Forward] = [*rejects, *forwards]
        todo = [asyncio.create_task(self._until_sent(session, record)) for record in records]
        try:
            await self._all_sent(session, todo)
        finally:
            for sending in todo:
                sending.cancel()

    async def _all_sent(self, session: Session, todo: Iterable[asyncio.Task[None]]) -> None:
        pending, begun = set(todo), time.monotonic()
        while True:
            done, pending = await asyncio.wait(pending, timeout=_PAUSE_S)
            for sent in done:
                sent.result()
            if not pending:
                self._said.forget(session.partition)
                return
            if time.monotonic() - begun > _SLOW_S:
                self._say_waiting(session, "no acknowledgement")
            if not session.worth_waiting():
                raise Lost("given up while dead letters could not be written")

    async def _until_sent(self, session: Session, record: Reject | Forward) -> None:
        """Repeats what Kafka refuses, and by a new producer what it does not answer."""
        while True:
            producer = None
            try:
                async with asyncio.timeout(ACK_S):
                    producer = await self._producing.connected()
                    return await self._one(producer, session.partition, record)
            except _REFUSALS as reason:
                self._say_waiting(session, repr(reason))
            except (KafkaError, OSError, TimeoutError) as reason:
                self._producing.doubt(producer)
                self._say_waiting(session, repr(reason))
            await asyncio.sleep(_PAUSE_S)

    def _one(
        self, producer: AIOKafkaProducer, partition: int, record: Reject | Forward
    ) -> Coroutine[Any, Any, None]:
        if isinstance(record, Reject):
            return self._reject(producer, partition, record)
        return self._forward(producer, partition, record)

    def _say_waiting(self, session: Session, reason: str) -> None:
        if self._said.is_new(session.partition, "waits"):
            log.warning(
                "partition %d waits: dead letters cannot be written (%s)", session.partition, reason
            )

    def _reject(
        self, producer: AIOKafkaProducer, partition: int, reject: Reject
    ) -> Coroutine[Any, Any, None]:
        topic = self._names.topics[reject.topic]
        origin = [
            ("__streams.errors.topic", topic),
            ("__streams.errors.partition", str(partition)),
            ("__streams.errors.offset", str(reject.record.offset)),
            ("__streams.errors.exception", type(reject.fault).__name__),
            ("__streams.errors.message", reject.fault.message),
            ("tagstream.reason", reject.fault.reason),
        ]
        headers = [*reject.record.headers, *((k, v.encode()) for k, v in origin)]
        return _send(producer, self._dead_letters(reject), partition, reject.record, headers)

    def _dead_letters(self, reject: Reject) -> str:
        """The DLQ of the topic that the event was sent to, also if it was forwarded since."""
        if TOPICS[reject.topic] in INPUT_TOPICS:
            return self._names.dlq(self._names.topics[reject.topic])
        try:
            sent_to = origin_of(reject.record)[0]
        except Rejected:
            sent_to = INPUT_TOPICS[0]
        return self._names.dlq(
            self._names.topic(sent_to if sent_to in INPUT_TOPICS else INPUT_TOPICS[0])
        )

    def _forward(
        self, producer: AIOKafkaProducer, partition: int, forward: Forward
    ) -> Coroutine[Any, Any, None]:
        origin = f"{TOPICS[forward.topic]}:{partition}:{forward.record.offset}"
        headers = [*forward.record.headers, (ORIGIN_HEADER, origin.encode())]
        repartition = self._names.topic("repartition")
        return _send(producer, repartition, forward.partition, forward.record, headers)


async def _send(
    producer: AIOKafkaProducer,
    topic: str,
    partition: int,
    record: Any,
    headers: list[tuple[str, bytes]],
) -> None:
    await producer.send_and_wait(
        topic,
        record.value,
        record.key,
        partition=partition,
        timestamp_ms=record.timestamp,
        headers=headers,
    )
