"""From an assignment to ready, in virtual time, with an app that does what Faust's would."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from faust.types import TP

from agents.transport.assignments import Assignments, Tables
from tests.agents.protocol import virtual

TPS = {TP("events", 0), TP("events", 1)}


class FakeTaking:
    """Takes partitions; the first `failures` tries of each fail."""

    def __init__(self, failures: int) -> None:
        self.failures = dict.fromkeys((0, 1), failures)
        self.ready_after: list[float] = []
        self.revokes = 0

    async def take(self, partition: int, wanted: Callable[[], bool]) -> Any:
        await asyncio.sleep(0.5)
        self.failures[partition] -= 1
        assert wanted()
        if self.failures[partition] >= 0:
            return None
        return SimpleNamespace(partition=partition, live=True)

    def assigned(self, partitions: frozenset[int]) -> None:
        """Noted by nobody."""

    def ready(self, seconds: float) -> None:
        self.ready_after.append(seconds)

    def revoked(self) -> None:
        self.revokes += 1


class FakeConsumer:
    """Hands out what it is given; that takes `seeking_s`."""

    def __init__(self) -> None:
        self.handed: list[int] = []
        self.seeking: Any = None  # the owner that is being handed out
        self.seeking_s = 0.0
        self._read_offset: dict[TP, int] = {}

    def assignment(self) -> set[TP]:
        return TPS

    async def hand_out(self, owner: Any) -> None:
        self.seeking = owner
        await asyncio.sleep(self.seeking_s)
        if owner.live:
            self.handed.append(owner.partition)

    def withhold(self, partition: int) -> None:
        if partition in self.handed:
            self.handed.remove(partition)

    def resume_partitions(self, tps: set[TP]) -> None:
        """Fetching begins."""

    def resume_flow(self) -> None:
        """Blocks flow."""


async def nothing() -> None:
    """As a signal with no receiver."""


class Bench:
    """Assignments that run."""

    def __init__(self, failures: int = 0) -> None:
        self.taking, self.consumer = FakeTaking(failures), FakeConsumer()
        self.app = app = SimpleNamespace(
            taking=self.taking,
            consumer=self.consumer,
            rebalancing_count=1,
            on_rebalance_complete=SimpleNamespace(send=nothing),
            flow_control=SimpleNamespace(resume=lambda: None),
            _fetcher=SimpleNamespace(maybe_start=nothing),
            on_rebalance_end=lambda: None,
        )
        tables: Any = SimpleNamespace(on_actives_ready=lambda: None, on_standbys_ready=lambda: None)
        self.assignments = Assignments(cast("Any", app), tables)

    async def run(self, seconds: float) -> None:
        serving = asyncio.create_task(self.assignments._serve(self.assignments))
        await asyncio.sleep(seconds)
        serving.cancel()


def test_the_time_to_ready_counts_from_the_assignment_over_all_tries() -> None:
    """The metric tagstream_recovery_seconds is what a user waits for."""

    async def main() -> list[float]:
        bench = Bench(failures=2)
        await bench.assignments.on_rebalance(TPS)
        await bench.run(20)
        assert bench.consumer.handed == [0, 1]
        return bench.taking.ready_after

    (seconds,) = virtual.run(main())
    assert 3.0 < seconds < 8.0


def test_a_lost_partition_is_taken_again_and_timed_from_its_loss() -> None:
    async def main() -> list[float]:
        bench = Bench()
        await bench.assignments.on_rebalance(TPS)
        running = asyncio.create_task(bench.run(20))
        await asyncio.sleep(10)
        bench.assignments.again(1)
        await running
        assert bench.consumer.handed == [0, 1]
        return bench.taking.ready_after

    first, second = virtual.run(main())
    assert 0.9 < first < 1.3
    assert 0.4 < second < 0.8


def test_nothing_is_taken_from_the_revoke_to_the_next_assignment() -> None:
    """Not even what a timer or a lost session asks for meanwhile."""

    async def main() -> list[int]:
        bench = Bench()
        await bench.assignments.on_rebalance(TPS)
        bench.assignments.on_partitions_revoked(TPS)
        bench.assignments._later()
        await bench.run(5)
        assert bench.taking.revokes == 1
        return bench.consumer.handed

    assert virtual.run(main()) == []


def test_a_rebalance_while_a_partition_is_handed_out_does_not_forget_it() -> None:
    """The client's thread was busy with that very rebalance: what comes back is of yesterday."""

    async def main() -> list[int]:
        bench = Bench()
        bench.consumer.seeking_s = 1.0
        await bench.assignments.on_rebalance(TPS)
        running = asyncio.create_task(bench.run(20))
        await asyncio.sleep(1.0)  # it seeks in partition 0
        bench.consumer.seeking.live = False  # given up
        bench.assignments.on_partitions_revoked(TPS)
        bench.app.rebalancing_count = 2
        await bench.assignments.on_rebalance(TPS)
        await running
        return bench.consumer.handed

    assert sorted(virtual.run(main())) == [0, 1]


def test_a_partition_that_is_lost_while_it_is_handed_out_is_taken_again() -> None:
    async def main() -> list[int]:
        bench = Bench()
        bench.consumer.seeking_s = 1.0
        await bench.assignments.on_rebalance(TPS)
        running = asyncio.create_task(bench.run(20))
        await asyncio.sleep(1.0)
        bench.consumer.seeking.live = False
        bench.assignments.again(0)
        await running
        return bench.consumer.handed

    assert sorted(virtual.run(main())) == [0, 1]


def test_tables_begin_at_once() -> None:
    """Faust's own wait for a second, and a restarted worker's users would wait with them."""
    begun = []

    class Recovery:
        async def start(self) -> None:
            begun.append(asyncio.get_running_loop().time())

    tables = Tables(cast("Any", SimpleNamespace(loop=None)))
    tables._recovery = cast("Any", Recovery())
    virtual.run(tables.on_start())
    assert begun == [0.0]
    assert tables._tables_registered.is_set()
