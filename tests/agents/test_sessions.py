"""The sessions of a worker in virtual time, on clients with the real signatures."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agents.health import Health
from agents.metrics import Metrics
from agents.session import Lost, Session
from agents.sessions import Sessions
from agents.transport.changelog import NotWritten
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.engine import Engine
from tests.agents.protocol import virtual
from tests.agents.test_applying import CATALOGUE

ENGINE = Engine(load(CATALOGUE, "small.yaml"))
METRICS = Metrics()
Wanted = Callable[[], bool]


def session(partition: int) -> Session:
    state = ENGINE.partition(partition, TOPICS)
    return Session(partition, state, 0, "r", "s", 1, 0, 0, (0,) * 5, 1)


class FakeRecovery:
    """Takes every partition at once; `failing` says why it cannot."""

    def __init__(self) -> None:
        self.failing: list[Exception] = []
        self.kept: list[int] = []
        self.ours = True  # whether a kept partition is as it was left

    async def take(self, partition: int, wanted: Wanted) -> Session:
        await asyncio.sleep(0.1)
        if self.failing:
            raise self.failing.pop(0)
        taken = session(partition)
        taken.wanted = wanted
        return taken

    async def still_ours(self, session: Session, _: Wanted) -> bool:
        await asyncio.sleep(0)
        self.kept.append(session.partition)
        session.live = self.ours
        return self.ours


class FakeCheckpointer:
    """Notes when it wrote which partition; those in `stuck` never end, as with Kafka away."""

    def __init__(self) -> None:
        self.stuck: set[int] = set()
        self.fault: Exception | None = None
        self.written: list[tuple[float, int]] = []

    async def checkpoint(self, session: Session) -> None:
        if self.fault:
            raise self.fault
        if session.partition in self.stuck:
            await asyncio.Event().wait()
        self.written.append((asyncio.get_running_loop().time(), session.partition))

    async def watch(self, session: Session) -> None:
        """Nobody else writes."""


class FakePublisher:
    """Redis is as we left it."""

    interrupted = False

    async def check(self, session: Session) -> None:
        """Nothing to complain of."""

    async def interrupt(self) -> None:
        self.interrupted = True


class Bench:
    """`Sessions` with the partitions 0 and 1."""

    def __init__(self) -> None:
        self.recovery, self.checkpointer = FakeRecovery(), FakeCheckpointer()
        self.publisher, self.health = FakePublisher(), Health()
        self.again: list[int] = []
        sessions: Any = Sessions  # the fakes have what it uses of the real ones
        clients = (self.recovery, self.checkpointer, self.publisher, None)
        self.sessions: Sessions[Any] = sessions(*clients, self.health, METRICS, self.again.append)

    async def begin(self) -> None:
        self.sessions.assigned(frozenset({0, 1}))
        for partition in (0, 1):
            await self.sessions.take(partition, lambda: True)


def fenced() -> float:
    """How often somebody was refused so far."""
    return float(METRICS.fenced._value.get())


async def ends(awaitable: Any) -> float:
    """Seconds until it is done."""
    begun = asyncio.get_running_loop().time()
    await awaitable
    return asyncio.get_running_loop().time() - begun


def test_a_partition_that_cannot_be_checkpointed_does_not_hold_up_the_others() -> None:
    async def main() -> list[tuple[float, int]]:
        bench = Bench()
        await bench.begin()
        bench.checkpointer.stuck.add(0)
        keeping = asyncio.create_task(bench.sessions.keep(0.5))
        await asyncio.sleep(10)
        keeping.cancel()
        return bench.checkpointer.written

    assert len(virtual.run(main())) >= 9


def test_a_fault_of_ours_in_a_checkpoint_ends_keeping() -> None:
    async def main() -> None:
        bench = Bench()
        await bench.begin()
        bench.checkpointer.fault = ZeroDivisionError()
        await bench.sessions.keep(0.5)

    with pytest.raises(ZeroDivisionError):
        virtual.run(main())


def test_what_is_refused_counts_also_when_it_was_given_up_meanwhile() -> None:
    """A zombie comes to itself: the rebalance is quicker than the answer to its write."""

    async def main() -> float:
        bench = Bench()
        await bench.begin()
        before, zombie = fenced(), bench.sessions.held[0]
        bench.sessions.revoked()
        await bench.sessions.give_up()
        bench.sessions.lost(zombie, Lost("foreign write"))
        assert bench.again == []
        return fenced() - before

    assert virtual.run(main()) == 1


def test_a_last_checkpoint_that_is_refused_counts() -> None:
    async def main() -> float:
        bench = Bench()
        await bench.begin()
        before = fenced()
        bench.checkpointer.fault = Lost("foreign write")
        bench.sessions.revoked()
        await bench.sessions.give_up()
        return fenced() - before

    assert virtual.run(main()) == 2


def test_a_kept_partition_that_somebody_else_had_counts() -> None:
    async def main() -> float:
        bench = Bench()
        await bench.begin()
        bench.sessions.revoked()
        await bench.sessions.give_up()
        bench.sessions.assigned(frozenset({0, 1}))
        before, bench.recovery.ours = fenced(), False
        await bench.sessions.take(0, lambda: True)
        return fenced() - before

    assert virtual.run(main()) == 1


def test_a_kept_partition_does_not_revive_blocks_from_before_the_rebalance() -> None:
    """One that was ignored would be missing before one that comes after the return."""

    async def main() -> None:
        bench = Bench()
        await bench.begin()
        before = bench.sessions.held[0]
        bench.sessions.revoked()
        await bench.sessions.give_up()
        bench.sessions.assigned(frozenset({0, 1}))
        after = await bench.sessions.take(0, lambda: True)
        assert bench.recovery.kept == [0]
        assert after is not None
        assert (before.live, after.live, after.state is before.state) == (False, True, True)

    virtual.run(main())


def test_a_partition_with_a_block_half_done_is_not_kept() -> None:
    """Its rows know records that may never be published."""

    async def main() -> None:
        bench = Bench()
        await bench.begin()
        bench.sessions.revoked()
        async with bench.sessions.held[0].between_blocks:
            await bench.sessions.give_up()
        bench.sessions.assigned(frozenset({0, 1}))
        for partition in (0, 1):
            await bench.sessions.take(partition, lambda: True)
        assert bench.recovery.kept == [1]

    virtual.run(main())


def test_a_lost_session_is_taken_again_if_its_partition_is_still_ours() -> None:
    async def main() -> list[int]:
        bench = Bench()
        await bench.begin()
        first, second = bench.sessions.held[0], bench.sessions.held[1]
        bench.sessions.lost(first, Lost("refused"))
        assert bench.health.why_unready() == "restoring 1 partitions"
        bench.sessions.assigned(frozenset({0}))
        bench.sessions.lost(second, Lost("refused"))
        return bench.again

    assert virtual.run(main()) == [0]


def test_giving_up_keeps_what_is_checkpointed() -> None:
    async def main() -> list[int]:
        bench = Bench()
        await bench.begin()
        bench.sessions.revoked()
        assert await ends(bench.sessions.give_up()) < 0.2
        await bench.begin()
        return bench.recovery.kept

    assert virtual.run(main()) == [0, 1]


@pytest.mark.parametrize(("away", "at_most_s"), [("no broker can be reached", 1.5), (None, 21.0)])
def test_giving_up_does_not_wait_without_end(away: str | None, at_most_s: float) -> None:
    async def main() -> tuple[float, list[int]]:
        bench = Bench()
        await bench.begin()
        bench.checkpointer.stuck.add(0)
        bench.health.away("kafka", away)
        bench.sessions.revoked()
        took = await ends(bench.sessions.give_up())
        await bench.begin()
        return took, bench.recovery.kept

    took, kept = virtual.run(main())
    assert took < at_most_s
    assert kept == [1]


def test_a_block_that_waits_for_redis_is_broken_off_at_a_revoke() -> None:
    async def main() -> bool:
        bench = Bench()
        await bench.begin()
        held = bench.sessions.held[0]
        bench.health.away("redis", "timeout")
        bench.sessions.revoked()
        await asyncio.sleep(1.5)
        assert not held.live
        assert bench.sessions.held == {}
        await bench.sessions.give_up()
        return bench.publisher.interrupted

    assert virtual.run(main())


def test_an_assignment_calms_the_hurry_of_the_revoke_before_it() -> None:
    async def main() -> bool:
        bench = Bench()
        await bench.begin()
        bench.sessions.revoked()
        await bench.begin()
        await asyncio.sleep(60)
        return bool(bench.sessions.held[0].live)

    assert virtual.run(main())


def test_why_a_partition_cannot_be_taken_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        bench = Bench()
        bench.sessions.assigned(frozenset({0}))
        bench.recovery.failing = [NotWritten("away")] * 5 + [Lost("fenced")]
        for _ in range(7):
            await bench.sessions.take(0, lambda: True)
        assert list(bench.sessions.held) == [0]

    virtual.run(main())
    said = [line for line in caplog.messages if "cannot be taken" in line]
    assert len(said) == 2


def test_a_session_waits_for_a_server_only_while_its_assignment_stands() -> None:
    wanted = [True]
    one = session(0)
    one.wanted = lambda: wanted[0]
    assert one.worth_waiting()
    wanted[0] = False
    assert not one.worth_waiting()
