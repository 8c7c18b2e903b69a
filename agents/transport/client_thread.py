"""The thread that the Kafka client runs in, with what Faust hides of it."""

import asyncio
from collections.abc import Collection, Coroutine, Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeVar, cast

import aiokafka
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from agents.transport.fetching import tune
from agents.transport.unwrapped import unwrap

_ANSWER_S = 5.0  # to a question that nobody waits for

T = TypeVar("T")


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread of the Kafka client, with hidden settings changed."""

    async def on_start(self) -> None:
        """Starts the client."""
        await super().on_start()
        fetcher = self._ensure_consumer()._fetcher  # noqa: SLF001 - Faust makes it
        tune(fetcher, cast("Any", self.consumer).handed_out)

    def _stopped_set(self) -> None:
        with suppress(RuntimeError):  # after a crash the thread may have ended and closed its loop
            super()._stopped_set()

    def _create_consumer(self, loop: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_consumer(loop)
        wait_ms = cast("Any", self.app).fetch_wait_ms
        consumer._fetch_max_wait_ms = wait_ms  # noqa: SLF001 - Faust fixes it at 1.5 s
        return consumer

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - as Faust names it
        max_records: int | None = None,
    ) -> Any:
        unwrap(consumer._fetcher)  # noqa: SLF001 - as Faust takes it
        return await super()._fetch_records(consumer, active_partitions, timeout, max_records)

    def ends(self, tps: Iterable[TP]) -> dict[TP, tuple[int, int | None, int | None]]:
        """Position, end of the log and time (ms) of the last fetch response of each."""
        subscription = self._consumer and self._consumer._subscription.subscription  # noqa: SLF001 - one look for all three
        assignment = subscription and subscription.assignment
        if not assignment:
            return {}
        states = {tp: assignment.state_value(tp) for tp in tps if tp in assignment.tps}
        return {
            tp: (s.position, s.highwater, s.timestamp)
            for tp, s in states.items()
            if s.has_valid_position
        }

    def assigned(self) -> set[TP]:
        """What is assigned to us; nothing before the client is there."""
        return self.assignment() if self._consumer else set()

    async def ask_ends(self, tps: Collection[TP]) -> Mapping[TP, int]:
        """The ends of these logs, asked of the broker. Raises KafkaError, TimeoutError."""
        if not tps:
            return {}
        ends = self._ensure_consumer().end_offsets([TopicPartition(*tp) for tp in tps])
        return {_ours(tp): end for tp, end in (await self._beside(ends)).items()}

    async def ask_committed(self, tps: Collection[TP]) -> Mapping[TP, int]:
        """What our group committed of these, if anything. Raises KafkaError, TimeoutError."""
        if not tps:
            return {}
        # the public method asks for each by itself
        coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001 - as said
        found = coordinator.fetch_committed_offsets([TopicPartition(*tp) for tp in tps])
        return {_ours(tp): held.offset for tp, held in (await self._beside(found)).items()}

    async def _beside(self, question: Coroutine[Any, Any, T]) -> T:
        """Beside the calls of `call_thread`: two at a time are made, and fetches must not wait."""

        async def within_limits() -> T:
            async with asyncio.timeout(_ANSWER_S):
                return await question

        asked = asyncio.run_coroutine_threadsafe(within_limits(), self.thread_loop)
        return await asyncio.wrap_future(asked)


def _ours(tp: TopicPartition) -> TP:
    return TP(tp.topic, tp.partition)
