"""Tests of agents/simulate/live.py."""

from collections import Counter

import pytest

from agents.names import Names
from agents.send.batches import Batches
from agents.simulate.live import play
from agents.simulate.plan import Plan
from agents.simulate.traffic import Sent, Traffic
from schemas.cloudevents import Headers

START = 1_748_793_600_000
NAMES = Names("app", "eu.")


class Time:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """What time it is, in seconds."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Lets the time pass at once."""
        self.now += seconds


class RecordingBatches(Batches):
    """Keeps what is added, and when it was handed over; each batch has room for `room` records."""

    def __init__(self, time: Time, room: int = 1_000) -> None:
        self._time, self._room = time, room
        self._gathered: list[tuple[str, bytes | None, bytes]] = []
        self.sent: list[tuple[float, str, bytes | None, bytes]] = []
        self.flushed = False

    def add(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> bool:
        """Gathers."""
        assert not headers
        if len(self._gathered) == self._room:
            return False
        self._gathered.append((topic, key, value))
        return True

    async def make_room(self) -> None:
        """Hands all over."""
        self.sent += [(self._time.now, *record) for record in self._gathered]
        self._gathered.clear()

    async def hand_over(self) -> None:
        """Hands all over."""
        await self.make_room()

    async def flush(self) -> None:
        """Hands all over, for the last time."""
        await self.make_room()
        self.flushed = True


async def played(plan: Plan, batches: RecordingBatches, time: Time, most: int = 10**9) -> int:
    """Plays until `most` events have been sent; returns their number."""
    sent = await play(
        Traffic(plan),
        batches,
        NAMES,
        start=plan.start,
        speed=plan.speed,
        clock=time,
        watch=lambda sent: sent.total() < most,
        sleep=time.sleep,
    )
    return sent.total()


@pytest.mark.parametrize("speed", [1.0, 3_600.0])
async def test_each_event_is_sent_when_it_is_due_and_at_most_a_tick_later(speed: float) -> None:
    """Whatever the speed of the event time."""
    time = Time()
    batches = RecordingBatches(time)
    plan = Plan(START, users=50, rate=100, seconds=20, speed=speed)
    assert await played(plan, batches, time) == 2_000
    for (at, topic, key, value), due in zip(batches.sent, Traffic(plan), strict=True):
        assert (topic, key, value) == ("eu." + due.topic, due.user_id.encode(), due.value)
        assert -0.001 < at - 1_000 - (due.due - START) / 1000 / speed < 0.030
    assert batches.flushed


async def test_a_full_batch_loses_nothing() -> None:
    """The record that found no room is the first of the next batch."""
    time = Time()
    batches = RecordingBatches(time, room=1)
    plan = Plan(START, users=50, rate=1_000, seconds=1)
    await played(plan, batches, time)
    assert [value for *_, value in batches.sent] == [sent.value for sent in Traffic(plan)]


async def test_traffic_without_end_stops_when_told_and_sends_what_is_gathered() -> None:
    """Ctrl-C ends it cleanly."""
    time = Time()
    batches = RecordingBatches(time)
    count = await played(Plan(START, rate=1_000, seconds=None), batches, time, most=500)
    assert 500 <= count < 520
    assert len(batches.sent) == count
    assert batches.flushed


async def test_the_watcher_sees_how_many_went_to_each_topic() -> None:
    """For the progress bar and the summary."""
    time, seen = Time(), list[Counter[str]]()
    events = [Sent(START + ms, "profiles", "u1", b"{}") for ms in range(0, 300, 30)]

    def watch(sent: Counter[str]) -> bool:
        seen.append(sent.copy())
        return True

    total = await play(
        events,
        RecordingBatches(time),
        NAMES,
        start=START,
        speed=1,
        clock=time,
        watch=watch,
        sleep=time.sleep,
    )
    assert total == Counter(profiles=10)
    assert [one.total() for one in seen] == list(range(1, 10))
