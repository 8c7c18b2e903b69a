"""From an assignment to the first block: takes each assigned partition, then hands it out.

Stands where Faust has its own recovery (`TableManager.recovery`), but runs in its own task and
one partition at a time, so that heartbeats go on and a partition that was lost alone is
taken again alone.
"""

import asyncio
import logging
from asyncio import Event
from collections.abc import Callable
from typing import Any, Protocol, cast

import faust
from aiokafka.errors import IllegalStateError, KafkaError
from faust.tables import TableManager
from faust.types import TP
from mode import Service

from agents.said import Said
from agents.transport.block import Owner
from agents.transport.consumer import BlockConsumer

log = logging.getLogger(__name__)

_AGAIN_S = 1.0  # before a partition that could not be taken is tried again


class Taking(Protocol):
    """What `Assignments` needs of the rest of the worker."""

    async def take(self, partition: int, wanted: Callable[[], bool]) -> Owner | None:
        """Restores a partition; None if it could not be taken now. Keeps the session."""
        ...

    def assigned(self, partitions: frozenset[int]) -> None:
        """Told of every assignment before the first `take`."""
        ...

    def ready(self, seconds: float) -> None:
        """All assigned partitions are handed out, so long after the assignment or a loss."""
        ...

    def revoked(self) -> None:
        """Told when a rebalance or the stop begins, before `give_up`."""
        ...


class Assignments(Service):
    """Takes partitions as they are assigned; `app.taking` does the work."""

    def __init__(self, app: faust.App, tables: "Tables", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.app, self.tables = app, tables
        self.completed = Event()
        self._changed = Event()
        self._round = 0
        self._revoked = False  # since the last assignment
        self._since: float | None = None  # when the first of the missing ones went missing
        self._missing: set[int] = set()  # assigned, and not handed out
        self._said = Said()

    def on_partitions_revoked(self, _: set[TP]) -> None:
        """Called by Faust when a rebalance or the stop begins."""
        self._revoked = True
        self._missing.clear()
        cast("Any", self.app).taking.revoked()

    async def on_rebalance(self, assigned: set[TP], *_: Any) -> None:
        """Called by Faust inside the assignment, where no heartbeat is sent: only note the wish."""
        self._round, self._revoked = self.app.rebalancing_count, False
        self._since = _now()
        self._missing = {tp.partition for tp in assigned}
        self._changed.set()

    def again(self, partition: int) -> None:
        """The session of a partition ended: stop handing it out and take it again."""
        self._consumer.withhold(partition)
        if self._since is None:
            self._since = _now()
        self._missing.add(partition)
        self._changed.set()

    @property
    def _consumer(self) -> BlockConsumer:
        return cast("BlockConsumer", self.app.consumer)

    @Service.task
    async def _serve(self) -> None:
        number = -1
        while not await self.wait_for_stopped(cast("Any", self._changed)):
            self._changed.clear()
            if self._revoked:
                continue  # the next assignment wakes us
            if number != self._round:
                number = self._round
                await self._open_flow()
            await self._take_missing(number)
            if not self._missing and self._is_current(number) and self._since is not None:
                since, self._since = self._since, None
                cast("Any", self.app).taking.ready(_now() - since)

    async def _take_missing(self, number: int) -> None:
        for partition in sorted(self._missing):
            if not self._is_current(number):
                return
            try:
                await self._take(partition, number)
            except (KafkaError, IllegalStateError, OSError, TimeoutError) as reason:
                if self._said.is_new(partition, type(reason).__name__):
                    log.warning("partition %d cannot be taken, trying on: %r", partition, reason)
                self._later()

    async def _take(self, partition: int, number: int) -> None:
        owner = await cast("Any", self.app).taking.take(partition, lambda: self._is_current(number))
        if owner is None or not self._is_current(number):
            self._later()
            return
        await self._consumer.hand_out(owner)
        # revoked or lost while seeking: the next round has it among the missing ones by now
        if self._is_current(number) and owner.live:
            self._missing.discard(partition)
            self._said.forget(partition)

    def _is_current(self, number: int) -> bool:
        """False as soon as the next rebalance begins to revoke."""
        current = number == self._round == self.app.rebalancing_count
        return current and not self._revoked and not self.should_stop

    def _later(self) -> None:
        asyncio.get_running_loop().call_later(_AGAIN_S, self._changed.set)

    async def _open_flow(self) -> None:
        """Lets Faust fetch: nothing is handed out before its partition is taken."""
        app, consumer = self.app, self._consumer
        assigned = consumer.assignment()
        cast("Any", app).taking.assigned(frozenset(tp.partition for tp in assigned))
        await app.on_rebalance_complete.send()
        consumer._read_offset.clear()  # noqa: SLF001 - Faust would drop blocks "below" old ones
        consumer.resume_partitions(assigned)
        app.flow_control.resume()
        consumer.resume_flow()
        await app._fetcher.maybe_start()  # noqa: SLF001 - as Faust's own recovery does
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        app.on_rebalance_end()
        self.completed.set()


def _now() -> float:
    return asyncio.get_running_loop().time()


class Tables(TableManager):
    """Faust's table manager, with `Assignments` for recovery; changelogs are not subscribed."""

    @property
    def recovery(self) -> Any:
        """The service that Faust starts and tells of rebalances."""
        if self._recovery is None:
            self._recovery = cast(
                "Any", Assignments(cast("faust.App", self.app), self, beacon=self.beacon)
            )
        return self._recovery

    async def on_start(self) -> None:
        """Starts at once: Faust waits a second for tables that a program might still add."""
        await self._update_channels()
        await self.recovery.start()

    async def _update_channels(self) -> None:
        self._tables_finalized.set()
        for table in self.values():
            await table.maybe_start()
        self._tables_registered.set()
