import json

import pytest

from benchmarks.latency.measure import WARM_UP_S, figures, measure
from benchmarks.latency.producer import by_member, event
from benchmarks.servers import Servers
from schemas.decode import Decoder

MS = 1_000_000
SENT = {"sent": 4, "behind_ms": 0.5}


def test_an_event_is_right_and_says_when_it_was_sent() -> None:
    """Its id begins with the time, so that the subscriber needs no list."""
    key, value = event(7, 1_800_000_000_123_456_789)
    decoded = Decoder("CNY").decode("interactions", value, (), 1_800_000_000_123)
    assert decoded.user_id == key.decode() == "l00000007"
    assert decoded.id == "1800000000123456789-7"
    assert decoded.time == 1_800_000_000_123


def test_members_take_turns_and_are_nobody_who_is_new() -> None:
    users = [by_member(i, 0, members=2)[0] for i in range(3)]
    assert users == [b"m00000000", b"m00000001", b"m00000000"]
    assert event(0, 0)[0] not in users


def test_the_first_seconds_are_not_counted() -> None:
    """Connecting is no latency of an event."""
    warm = WARM_UP_S * 1000 * MS
    seen = [(0, 900 * MS), (1, 900 * MS), (warm, warm + 3 * MS), (warm + 1, warm + 1 + 5 * MS)]
    arrivals = {0: 0, 1: 0, warm: warm // MS + 1, warm + 1: warm // MS + 2}
    found = figures(1_000, 30, SENT, seen, arrivals, 0.1)
    assert (found.p50_ms, found.max_ms, found.seen, found.faults) == (3.0, 5.0, 4, ())
    assert found.arrived_p50_ms == 2.0


def test_a_change_that_never_came_is_a_fault() -> None:
    """Those that came may be as quick as they like."""
    assert figures(1_000, 10, SENT, [(0, 1)], {0: 0}, 0.1).faults == ("1 changes seen of 4 events",)


@pytest.mark.kafka
@pytest.mark.parametrize("alerts", [False, True])
def test_latency_is_measured_from_end_to_end(
    servers_of_the_tests: Servers, *, alerts: bool
) -> None:
    """A worker, a producer and a subscriber, each a process; every change or alert is seen."""
    found = measure(servers_of_the_tests, rate=200, seconds=3, alerts=alerts)
    assert found.faults == ()
    assert found.seen == found.sent == 600
    assert 0 < found.p50_ms <= found.p90_ms <= found.p99_ms <= found.max_ms
    assert found.arrived_p50_ms <= found.p50_ms + 1  # the broker stamps whole milliseconds
    assert json.dumps(found.as_json())
