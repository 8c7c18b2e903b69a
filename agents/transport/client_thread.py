"""The thread that the Kafka client runs in, with what Faust hides of it."""

from collections.abc import Iterable
from typing import Any, cast

import aiokafka
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from agents.transport.unwrapped import unwrap

_PREFETCH_BACKOFF_S = 0.05  # see docs/decisions/0007: too short, and fetches miss the busy topics
PARTIAL_WAIT_MS = 10  # of a fetch that does miss some, for they are next


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread of the Kafka client, with three of its hidden settings changed."""

    async def on_start(self) -> None:
        """Starts the client."""
        await super().on_start()
        fetcher = self._ensure_consumer()._fetcher  # noqa: SLF001 - none of this is a setting
        fetcher._prefetch_backoff = _PREFETCH_BACKOFF_S  # noqa: SLF001 - as above
        wait_less_for_some(fetcher)

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
        assignment = self._ensure_consumer()._subscription.subscription.assignment  # noqa: SLF001 - one look for all three
        states = {tp: assignment.state_value(tp) for tp in tps if tp in assignment.tps}
        return {
            tp: (s.position, s.highwater, s.timestamp)
            for tp, s in states.items()
            if s.has_valid_position
        }


def wait_less_for_some(fetcher: Any) -> None:
    """Partitions whose records nobody has taken yet are not in the next fetch: it may not last."""
    plan, whole_ms = fetcher._get_actions_per_node, fetcher._fetch_max_wait_ms  # noqa: SLF001 - as aiokafka plans it

    def planned(assignment: Any) -> Any:
        wait_ms = PARTIAL_WAIT_MS if fetcher._records else whole_ms  # noqa: SLF001 - as above
        fetcher._fetch_max_wait_ms = wait_ms  # noqa: SLF001 - as above
        return plan(assignment)

    fetcher._get_actions_per_node = planned  # noqa: SLF001 - as above
