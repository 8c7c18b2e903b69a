"""Lag follows the log whether records are fetched or not."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from aiokafka.errors import KafkaConnectionError
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from agents.transport.log_ends import LogEnds

A, B = TP("interactions", 0), TP("interactions", 1)


@dataclass
class FakeClient:
    """A client of a broker with these logs; see `agents.transport.log_ends.Client`."""

    logs: dict[TP, int] = field(default_factory=dict)
    committed: dict[TP, int] = field(default_factory=dict)
    fetched: dict[TP, tuple[int, int | None, int | None]] = field(default_factory=dict)
    away: bool = False
    asked: list[frozenset[TP]] = field(default_factory=list)
    fetches: int = 0

    def fetch(self, *tps: TP) -> None:
        """A fetch response for these logs."""
        self.fetches += 1
        for tp in tps:
            self.fetched[tp] = (self.logs[tp], self.logs[tp], self.fetches)

    def ends(self, tps: Iterable[TP]) -> dict[TP, tuple[int, int | None, int | None]]:
        return {tp: self.fetched[tp] for tp in tps if tp in self.fetched}

    async def ask_ends(self, tps: Collection[TP]) -> dict[TP, int]:
        self._answer(tps)
        return {tp: self.logs[tp] for tp in tps}

    async def ask_committed(self, tps: Collection[TP]) -> dict[TP, int]:
        self._answer(())
        return {tp: self.committed[tp] for tp in tps if tp in self.committed}

    def _answer(self, tps: Collection[TP]) -> None:
        if self.away:
            raise KafkaConnectionError
        if tps:
            self.asked.append(frozenset(tps))


async def test_lag_grows_while_nothing_is_fetched() -> None:
    """Redis is away or the partition is stuck: the log goes on, and it shows."""
    client = FakeClient({A: 10})
    ends = LogEnds(client)
    client.fetch(A)
    await ends.look({A}, set())
    client.logs[A] = 5_000
    assert ends.lag({A: 10}) == {A: 0}
    await ends.look({A}, set())
    assert ends.lag({A: 10}) == {A: 4_990}


async def test_nothing_is_asked_while_fetches_tell_the_ends() -> None:
    client = FakeClient({A: 10, B: 10})
    ends = LogEnds(client)
    for _ in range(3):
        client.fetch(A, B)
        await ends.look({A, B}, set())
    assert client.asked == []
    client.fetch(B)
    await ends.look({A, B}, set())
    assert client.asked == [{A}]


async def test_what_a_fetch_tells_later_counts_more_than_an_old_answer() -> None:
    client = FakeClient({A: 10})
    ends = LogEnds(client)
    await ends.look({A}, set())
    client.logs[A] = 30
    client.fetch(A)
    assert ends.lag({A: 10}) == {A: 20}
    client.logs[A] = 5  # a topic that was made anew
    client.fetch(A)
    await ends.look({A}, set())
    assert ends.lag({A: 5}) == {A: 0}


async def test_while_kafka_is_away_lag_stands_as_of_the_last_answer() -> None:
    client = FakeClient({A: 10})
    ends = LogEnds(client)
    await ends.look({A}, set())
    client.logs[A], client.away = 20, True
    await ends.look({A}, set())
    assert ends.lag({A: 4}) == {A: 6}
    client.away = False
    await ends.look({A}, set())
    assert ends.lag({A: 4}) == {A: 16}


async def test_a_partition_that_is_being_restored_lags_behind_what_was_committed() -> None:
    """Else the lag of a deployment would fall by a rebalance, and rise again."""
    client = FakeClient({A: 100, B: 50}, committed={A: 60})
    ends = LogEnds(client)
    await ends.look(set(), {A, B})
    assert ends.lag({}) == {A: 40}  # nothing was ever committed of the other
    assert ends.lag({A: 70}) == {A: 30}
    await ends.look({A}, set())
    assert ends.lag({}) == {}


async def test_a_partition_that_went_to_somebody_else_is_theirs_to_show() -> None:
    """Also if Kafka went away with it."""
    client = FakeClient({A: 100}, committed={A: 60})
    ends = LogEnds(client)
    await ends.look(set(), {A})
    client.away = True
    await ends.look(set(), {A})
    assert ends.lag({}) == {A: 40}
    await ends.look(set(), set())
    assert ends.lag({}) == {}


@dataclass
class Step:
    """Something happens to a log, or somebody looks."""

    what: str
    number: int


STEPS = st.lists(
    st.builds(Step, st.sampled_from(["write", "fetch", "hand", "look", "away"]), st.integers(0, 9))
)


@given(STEPS)
async def test_lag_is_that_of_the_last_answer_of_whichever_kind(steps: list[Step]) -> None:
    """Never more than there is; exact after a fetch, and after two looks with Kafka there."""
    client = FakeClient({A: 0})
    ends, position, known = LogEnds(client), 0, None
    silent = 0  # looks since the last fetch
    for step in steps:
        match step.what:
            case "write":
                client.logs[A] += step.number
            case "fetch" if not client.away:
                client.fetch(A)
                known, silent = client.logs[A], 0
            case "hand":
                position = min(position + step.number, known or 0)
            case "look":
                silent += 1
                await ends.look({A}, set())
                if not client.away and (silent > 1 or not client.fetches):
                    known = client.logs[A]
            case "away":
                client.away = step.number % 2 == 1
        assert ends.lag({A: position}) == ({} if known is None else {A: known - position})
