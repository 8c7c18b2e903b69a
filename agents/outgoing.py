"""Records that leave the worker before a block is published: dead letters and forwarded events.

Both are awaited. A topic that cannot be written to holds the partition up, and nothing is
dropped: CONTRACT 7, "The DLQ down means wait".
"""

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from agents.applying import ORIGIN_HEADER, Forward, Reject, origin_of
from agents.kafka_client import close_producer
from agents.names import Names
from agents.session import Lost, Session
from schemas.rejects import Rejected
from schemas.topics import INPUT_TOPICS, TOPICS

_PAUSE_S = 1.0
_MAX_REQUEST = 8 << 20  # a record that is too large for an event must still fit the DLQ

log = logging.getLogger(__name__)


class Outgoing:
    """Sends dead letters and forwarded events. `client`: how to reach Kafka."""

    def __init__(self, names: Names, client: Mapping[str, Any], *, idempotent: bool = True) -> None:
        self._names, self._client, self._idempotent = names, dict(client), idempotent
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connects the producer."""
        self._producer = AIOKafkaProducer(
            **self._client,
            acks="all",
            enable_idempotence=self._idempotent,
            max_request_size=_MAX_REQUEST,
            request_timeout_ms=20_000,
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Closes the producer."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await close_producer(producer)

    async def send(
        self, session: Session, rejects: Sequence[Reject], forwards: Sequence[Forward]
    ) -> None:
        """Returns when Kafka has them all; raises Lost if the partition is given up meanwhile."""
        todo: list[Reject | Forward] = [*rejects, *forwards]
        while todo:
            sent = (self._one(session.partition, record) for record in todo)
            results = await asyncio.gather(*sent, return_exceptions=True)
            failed = [(t, r) for t, r in zip(todo, results, strict=True) if r is not None]
            todo = [record for record, _ in failed]
            if failed:
                await self._wait(session, failed[0][1])

    def _one(self, partition: int, record: Reject | Forward) -> Coroutine[Any, Any, None]:
        if isinstance(record, Reject):
            return self._reject(partition, record)
        return self._forward(partition, record)

    async def _wait(self, session: Session, reason: BaseException) -> None:
        if not isinstance(reason, KafkaError | OSError | TimeoutError):
            raise reason
        log.warning(
            "partition %d waits: dead letters cannot be written (%r)", session.partition, reason
        )
        await asyncio.sleep(_PAUSE_S)
        if not session.live:
            raise Lost("given up while dead letters could not be written") from reason

    def _reject(self, partition: int, reject: Reject) -> Coroutine[Any, Any, None]:
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
        return self._send(self._dead_letters(reject), partition, reject.record, headers)

    def _dead_letters(self, reject: Reject) -> str:
        """The DLQ of the topic that the event was sent to, also if it was forwarded since."""
        if TOPICS[reject.topic] in INPUT_TOPICS:
            return self._names.dlq(self._names.topics[reject.topic])
        try:
            return self._names.dlq(self._names.topic(origin_of(reject.record)[0]))
        except Rejected:
            return self._names.dlq(self._names.topic(INPUT_TOPICS[0]))

    def _forward(self, partition: int, forward: Forward) -> Coroutine[Any, Any, None]:
        origin = f"{TOPICS[forward.topic]}:{partition}:{forward.record.offset}"
        headers = [*forward.record.headers, (ORIGIN_HEADER, origin.encode())]
        return self._send(
            self._names.topic("repartition"), forward.partition, forward.record, headers
        )

    async def _send(
        self, topic: str, partition: int, record: Any, headers: list[tuple[str, bytes]]
    ) -> None:
        assert self._producer is not None
        await self._producer.send_and_wait(
            topic,
            record.value,
            record.key,
            partition=partition,
            timestamp_ms=record.timestamp,
            headers=headers,
        )
