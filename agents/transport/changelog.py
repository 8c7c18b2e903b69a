"""The changelog of rows: written in batches at a checkpoint, read back in a restore.

Every batch is awaited, and must land exactly at the end of the log as we know it: else
somebody else wrote, and our session is over.
"""

import asyncio
import time
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import TopicPartition

from agents.clock import Instant, WallClock
from agents.kafka_client import ACK_S, new_producer
from agents.producing import Producing
from schemas.records import (
    CHECKPOINT_KEY,
    CLAIM_KEY,
    Checkpoint,
    Claim,
    encode_checkpoint,
    encode_claim,
    value_and_headers,
    with_epoch,
)

Record = tuple[bytes, bytes]
"""Key and value of one record."""
Sent = tuple[int, Awaitable[Any], Any]
"""How many records went out together, what to await for the offset of the first, by whom."""

_BATCH_BYTES = 1 << 20
_ANSWER_S = 5.0  # to a question
_STAMPED_BY_BROKER = 1
_READ_BYTES = 4 << 20
_READ_RECORDS = 20_000
_READ_WAIT_MS = 20  # what is read is there already: waiting for more only delays the end


class ForeignWrite(Exception):  # noqa: N818 - named by what happened
    """Another worker wrote to the changelog of a partition we own."""


class NotWritten(Exception):  # noqa: N818 - named by what happened
    """Kafka did not acknowledge; what the log holds now is unknown."""


class Unknown(Exception):  # noqa: N818 - named by what it says
    """Kafka did not answer a question about the log."""


class Changelog:
    """Writes and reads one topic of rows.

    `client`: how to reach Kafka (aiokafka keywords); `clock` learns from the broker's stamps.
    """

    def __init__(self, topic: str, client: Mapping[str, Any], clock: WallClock) -> None:
        self.topic, self._clock = topic, clock
        self._client = client
        self._producing = Producing(
            partial(
                new_producer,
                client,
                max_batch_size=_BATCH_BYTES,
                max_request_size=2 * _BATCH_BYTES + _READ_BYTES,
            )
        )

    async def stop(self) -> None:
        """Closes the producer; nothing is flushed, for every write was awaited."""
        await self._producing.stop()

    # -- writing

    async def claim(self, partition: int, worker: str) -> int:
        """Taking a partition 1: writes a claim record; its offset is the epoch.

        Raises NotWritten.
        """
        at = self._clock.host()
        (sent,) = await self._send(partition, [(CLAIM_KEY, encode_claim(Claim(worker)))])
        return await self._first_offset(sent, at)

    async def append(self, partition: int, records: Iterable[Record], end: int) -> int:
        """Appends records at `end` and returns the new end; raises ForeignWrite, NotWritten."""
        at = self._clock.host()
        for sent in await self._send(partition, records):
            first = await self._first_offset(sent, at)
            if first != end:
                raise ForeignWrite(f"{self.topic} {partition}: written at {first}, not at {end}")
            end += sent[0]
        return end

    async def write_checkpoint(
        self, partition: int, epoch: int, checkpoint: Checkpoint, end: int
    ) -> int:
        """Appends a checkpoint record; returns the new end of the log."""
        record = (CHECKPOINT_KEY, with_epoch(epoch, encode_checkpoint(checkpoint)))
        return await self.append(partition, [record], end)

    async def _send(self, partition: int, records: Iterable[Record]) -> list[Sent]:
        """Hands the records to the producer, in batches."""
        producer = None
        try:
            async with asyncio.timeout(ACK_S):
                producer = await self._producing.connected()
                return [
                    (
                        batch.record_count(),
                        await producer.send_batch(batch, self.topic, partition=partition),
                        producer,
                    )
                    for batch in _batches(producer, records)
                ]
        except (KafkaError, TimeoutError) as error:
            self._producing.doubt(producer)
            raise NotWritten(f"{self.topic} {partition}: {error!r}") from error

    async def _first_offset(self, sent: Sent, at: Instant) -> int:
        _, acknowledgement, producer = sent
        try:
            async with asyncio.timeout(ACK_S):
                written = await acknowledgement
            if written.timestamp_type == _STAMPED_BY_BROKER:
                self._clock.stamped(written.timestamp, at)
            return int(written.offset)
        except (KafkaError, TimeoutError) as error:
            self._producing.doubt(producer)
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
        """The end of a partition's log now, by the broker's word; raises Unknown."""
        tp = TopicPartition(self.topic, partition)
        try:
            async with asyncio.timeout(_ANSWER_S), reading(self._client, [tp]) as kafka:
                return int((await kafka.end_offsets([tp]))[tp])
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unknown(f"{self.topic} {partition}: {error!r}") from error


def _batches(producer: AIOKafkaProducer, records: Iterable[Record]) -> Iterator[BatchBuilder]:
    batch, now_ms = producer.create_batch(), int(time.time() * 1000)
    for key, full in records:
        value, headers = value_and_headers(full)
        if batch.append(key=key, value=value, timestamp=now_ms, headers=headers) is None:
            yield batch
            batch = producer.create_batch()  # takes any first record, however big
            batch.append(key=key, value=value, timestamp=now_ms, headers=headers)
    if batch.record_count():  # the broker refuses an empty batch
        yield batch


@asynccontextmanager
async def reading(
    client: Mapping[str, Any], tps: Collection[TopicPartition]
) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group on some partitions, closed at the end."""
    kafka = AIOKafkaConsumer(
        **client,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=_READ_BYTES,
        fetch_max_wait_ms=_READ_WAIT_MS,
    )
    try:
        await kafka.start()
        kafka.assign(tps)
        yield kafka
    finally:
        await kafka.stop()
