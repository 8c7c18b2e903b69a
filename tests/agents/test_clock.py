from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from agents.clock import TOLERANCE_MS, Instant, WallClock

START = 1_700_000_000_000
HOUR = 3_600_000


@dataclass
class Host:
    """A host and a broker that tests may set; `true` is what a perfect clock says."""

    true: int = START
    host_error: int = 0
    broker_error: int = 0
    told: list[int | None] = field(default_factory=list)

    def read(self) -> Instant:
        return Instant(self.true + self.host_error, self.true - START + 5_000)

    def clock(self) -> WallClock:
        return WallClock(self.told.append, self.read)

    def write(self, clock: WallClock, takes_ms: int = 3) -> None:
        """A write that the broker stamps half-way."""
        sent = clock.host()
        self.true += takes_ms
        clock.stamped(self.true - takes_ms // 2 + self.broker_error, sent)


def test_the_hosts_clock_is_followed_while_the_broker_agrees() -> None:
    """To the millisecond: the broker is a witness, not the clock."""
    host = Host()
    clock = host.clock()
    host.write(clock)
    host.true += 7 * HOUR
    assert clock.now() == host.true
    assert host.told == []


def test_a_jump_of_an_hour_is_not_followed_and_is_told_once() -> None:
    """Forth or back: time goes on from where it was."""
    for jump in (HOUR, -HOUR):
        host = Host()
        clock = host.clock()
        host.write(clock)
        clock.now()
        host.host_error = jump
        for _ in range(3):
            host.true += 1_000
            assert abs(clock.now() - host.true) <= 10
        assert len(host.told) == 1
        assert abs((host.told[0] or 0) - jump) <= 10
        host.host_error = 0
        assert clock.now() == host.true
        assert host.told[1:] == [None]


def test_without_a_broker_a_jump_is_seen_by_the_time_since_boot() -> None:
    """The embedded broker of the demo stamps nothing."""
    host = Host()
    clock = host.clock()
    host.host_error = HOUR
    assert clock.now() == host.true


def test_of_clocks_that_never_agreed_the_slower_counts() -> None:
    """The host was wrong before we started: nothing may be early."""
    for error in (HOUR, -HOUR):
        host = Host(host_error=error)
        clock = host.clock()
        host.write(clock)
        assert clock.now() <= host.true


def test_a_stamp_that_took_long_says_nothing() -> None:
    """It would put the broker's clock behind by as much."""
    host = Host()
    clock = host.clock()
    host.write(clock, takes_ms=60_000)
    assert clock.now() == host.true
    assert host.told == []


def test_a_poll_is_placed_by_its_age() -> None:
    """Its host time is no longer comparable once the clock has jumped in between."""
    host = Host()
    clock = host.clock()
    host.write(clock)
    assert clock.polled(host.true - 40) == host.true - 40
    before = host.true
    host.host_error = HOUR
    assert clock.polled(before) is None
    host.host_error = -HOUR
    assert clock.polled(before) is None


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(-2 * HOUR, 2 * HOUR), st.booleans())))
def test_nothing_is_early_whatever_the_host_says(steps: list[tuple[int, int, bool]]) -> None:
    """With a broker that is right, and a host that was when the worker started."""
    host = Host()
    clock = host.clock()
    host.write(clock)
    for passed, error, writes in steps:
        host.true += passed
        host.host_error = error
        if writes:
            host.write(clock)
        assert clock.now() <= host.true + TOLERANCE_MS
