"""How a worker is, shown as metrics, health and log: what its parts tell, and what we look for."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from agents.app import TagstreamApp
from agents.health import Health
from agents.logs import NEWS
from agents.metrics import Metrics
from agents.outgoing import Outgoing
from agents.redis.info import memory_of
from agents.redis.link import Away, Link
from agents.sessions import Sessions

_TICK_S = 1.0
_LOOK_S = 2.0  # whether Kafka is there
_REDIS_LOOK_S = 10.0  # how full Redis is

log = logging.getLogger(__name__)


class Watch:
    """An `Observer` that shows what it is told, and looks for itself."""

    def __init__(self) -> None:
        self.metrics, self.health = Metrics(), Health()

    # -- told

    def redis_away(self, why: str | None) -> None:
        """See Observer."""
        if why is not None:
            self.metrics.redis_errors.labels(why).inc()
        self._tell_away("redis", why)

    def restoring(self, partition: int, share: float) -> None:
        """See Observer."""
        self.metrics.recovery_progress.labels(str(partition)).set(share)

    def checkpointed(self, seconds: float) -> None:
        """See Observer."""
        self.metrics.checkpoint.observe(seconds)

    def skewed(self, skew_ms: int | None) -> None:
        """The host's clock is not believed, being so far off; None: it is again."""
        self.metrics.clock_skew.set((skew_ms or 0) / 1000)
        if skew_ms is None:
            log.warning("the host's clock is right again: partitions follow it", extra=NEWS)
        else:
            self.metrics.clock_faults.inc()
            log.error(
                "the host's clock is %+.1f s off the broker's, or jumped so far: partitions do "
                "not follow it, and nothing expires early. Mend the clock of host or broker",
                skew_ms / 1000,
                extra=NEWS,
            )

    # -- asked

    async def keep_shown(self, apps: Sequence[TagstreamApp], sessions: Sessions[Any]) -> None:
        """Every second: the main loop is alive, and this is how far behind the log we are."""
        while True:
            self.health.tick()
            self.metrics.show_lag(dict(_lags(apps)))
            self.metrics.show_partitions(sessions.held, sessions.partitions)
            await asyncio.sleep(_TICK_S)

    async def watch_kafka(self, outgoing: Outgoing) -> None:
        """Says once that Kafka is away, and once that it is back."""
        while True:
            self._tell_away("kafka", await outgoing.why_away())
            await asyncio.sleep(_LOOK_S)

    async def watch_redis(self, link: Link) -> None:
        """Asks how full Redis is, on a connection of its own: nobody waits for the answer."""
        while True:
            with suppress(Away):
                used, limit = memory_of(await link.command("INFO", "memory"))
                self.metrics.redis_memory.set(used)
                self.metrics.redis_limit.set(limit)
            await asyncio.sleep(_REDIS_LOOK_S)

    def _tell_away(self, server: str, why: str | None) -> None:
        """Told each time that a server does not answer, and when it does again (None)."""
        if self.health.away(server, why):
            self.metrics.away.labels(server).set(why is not None)
            log.warning(
                "%s is %s",
                server.capitalize(),
                f"away ({why}): waiting" if why else "back",
                extra=NEWS,
            )


def _lags(apps: Sequence[TagstreamApp]) -> Iterable[tuple[tuple[str, int], int]]:
    for app in apps:
        for tp, records in app.block_consumer.lag().items():
            yield (tp.topic, tp.partition), records
