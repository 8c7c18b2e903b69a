"""The changelog of rows: written in batches at a checkpoint, read back in a restore.

Every batch is awaited, and must land exactly at the end of the log as we know it: else
somebody else wrote, and our session is over.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import TopicPartition

from agents.kafka_client import close_producer
from schemas.records import (
    CHECKPOINT_KEY,
    CLAIM_KEY,
    Checkpoint,
    Claim,
    encode_checkpoint,
    encode_claim,
    with_epoch,
)

Record = tuple[bytes, bytes]
"""Key and value of one record."""

_BATCH_BYTES = 1 << 20
_ACK_S = 20.0  # far below the rebalance timeout: a revoke waits for a checkpoint under way
_READ_BYTES = 4 << 20
_READ_RECORDS = 20_000


class ForeignWrite(Exception):  # noqa: N818 - named by what happened
    """Another worker wrote to the changelog of a partition we own."""


class NotWritten(Exception):  # noqa: N818 - named by what happened
    """Kafka did not acknowledge; what the log holds now is unknown."""


class Changelog:
    """Writes and reads one topic of rows. `client`: how to reach Kafka (aiokafka keywords)."""

    def __init__(self, topic: str, client: Mapping[str, Any], *, idempotent: bool = True) -> None:
        self.topic = topic
        self._client = dict(client)
        self._idempotent = idempotent
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connects the producer."""
        self._producer = AIOKafkaProducer(
            **self._client,
            enable_idempotence=self._idempotent,
            acks="all",
            max_batch_size=_BATCH_BYTES,
            max_request_size=2 * _BATCH_BYTES + _READ_BYTES,
            compression_type="lz4",
            request_timeout_ms=int(_ACK_S * 1000),
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Closes the producer; nothing is flushed, for every write was awaited."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await close_producer(producer)

    async def restart(self) -> None:
        """A new producer: after a failed write the old one's sequence numbers are in doubt."""
        await self.stop()
        await self.start()

    # -- writing

    async def claim(self, partition: int, worker: str) -> int:
        """Writes a claim record; its offset is the epoch."""
        record = (CLAIM_KEY, encode_claim(Claim(worker)))
        return await self._send(partition, next(self._batches([record])))

    async def append(self, partition: int, records: Iterable[Record], end: int) -> int:
        """Appends records at `end` and returns the new end; raises ForeignWrite, NotWritten."""
        sent = [(batch, await self._enqueue(partition, batch)) for batch in self._batches(records)]
        for batch, acknowledgement in sent:
            base = await self._acknowledged(acknowledgement)
            if base != end:
                raise ForeignWrite(f"{self.topic} {partition}: written at {base}, not at {end}")
            end += batch.record_count()
        return end

    async def write_checkpoint(
        self, partition: int, epoch: int, checkpoint: Checkpoint, end: int
    ) -> int:
        """Appends a checkpoint record; returns the new end of the log."""
        record = (CHECKPOINT_KEY, with_epoch(epoch, encode_checkpoint(checkpoint)))
        return await self.append(partition, [record], end)

    def _batches(self, records: Iterable[Record]) -> Iterator[BatchBuilder]:
        assert self._producer is not None
        batch = self._producer.create_batch()
        for key, value in records:
            if batch.append(key=key, value=value, timestamp=None) is None:
                yield batch
                batch = self._producer.create_batch()  # takes any first record, however big
                batch.append(key=key, value=value, timestamp=None)
        if batch.record_count():  # the broker refuses an empty batch
            yield batch

    async def _send(self, partition: int, batch: BatchBuilder) -> int:
        return await self._acknowledged(await self._enqueue(partition, batch))

    async def _enqueue(self, partition: int, batch: BatchBuilder) -> "asyncio.Future[Any]":
        assert self._producer is not None
        try:
            async with asyncio.timeout(_ACK_S):
                return cast(
                    "asyncio.Future[Any]",
                    await self._producer.send_batch(batch, self.topic, partition=partition),
                )
        except (KafkaError, TimeoutError) as error:
            raise NotWritten(f"{self.topic} {partition}: {error!r}") from error

    async def _acknowledged(self, acknowledgement: "asyncio.Future[Any]") -> int:
        try:
            async with asyncio.timeout(_ACK_S):
                return int((await acknowledgement).offset)
        except (KafkaError, TimeoutError) as error:
            raise NotWritten(f"{self.topic}: {error!r}") from error

    # -- reading

    async def read(
        self, partition: int, until: int, wanted: Callable[[], bool]
    ) -> AsyncIterator[list[Any]]:
        """Records from the beginning to offset `until`, in lists; ends early when not `wanted`."""
        async with reading(self._client, [TopicPartition(self.topic, partition)]) as kafka:
            (tp,) = kafka.assignment()
            await kafka.seek_to_beginning(tp)
            while wanted() and await kafka.position(tp) <= until:
                batch = (await kafka.getmany(timeout_ms=200, max_records=_READ_RECORDS)).get(tp, [])
                if batch and batch[-1].offset > until:
                    batch = [r for r in batch if r.offset <= until]
                if batch:
                    yield batch
                await asyncio.sleep(0)

    async def end(self, partition: int) -> int:
        """The end of a partition's log now, by the broker's word."""
        async with reading(self._client, [TopicPartition(self.topic, partition)]) as kafka:
            (tp,) = kafka.assignment()
            return int((await kafka.end_offsets([tp]))[tp])


class reading:  # noqa: N801 - reads as a verb: `async with reading(...)`
    """A consumer without a group on some partitions, closed at the end."""

    def __init__(self, client: Mapping[str, Any], tps: list[TopicPartition]) -> None:
        self._kafka = AIOKafkaConsumer(
            **client,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=_READ_BYTES,
        )
        self._tps = tps

    async def __aenter__(self) -> AIOKafkaConsumer:
        await self._kafka.start()
        self._kafka.assign(self._tps)
        return self._kafka

    async def __aexit__(self, *exception: object) -> None:
        await self._kafka.stop()
