"""A producer that is made anew after a failed write.

An idempotent producer of aiokafka numbers its batches; after one that was given up (a broker that
was away for longer than a request may take) its numbers are in doubt, and it may neither write
nor fail again, for ever. A new one begins with numbers of its own.
"""

import asyncio
from collections.abc import Callable

from aiokafka import AIOKafkaProducer

from agents.kafka_client import close_producer


class Producing:
    """One producer at a time. `make` gives a new one, which is not started yet."""

    def __init__(self, make: Callable[[], AIOKafkaProducer]) -> None:
        self._make = make
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    async def connected(self) -> AIOKafkaProducer:
        """Return the producer, a new one if the last was given up. Raises what its start does."""
        async with self._connecting:
            if self._producer is None:
                producer = self._make()
                try:
                    await producer.start()
                except BaseException:
                    await close_producer(producer)
                    raise
                self._producer = producer
            return self._producer

    def doubt(self, producer: AIOKafkaProducer | None) -> None:
        """Give up the producer that failed: one that others have connected since may be sound."""
        if producer is not None and producer is self._producer:
            self._producer = None
            closing = asyncio.create_task(close_producer(producer))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def stop(self) -> None:
        """Close it; nothing is flushed, for every write is awaited by who made it."""
        self.doubt(self._producer)
        if self._closing:
            await asyncio.wait(self._closing)
