import json
import os

import msgspec
import pytest

from benchmarks.servers import Servers
from benchmarks.storm import measure
from benchmarks.storm.measure import figures
from benchmarks.storm.plan import due, load, user_id
from benchmarks.storm.watcher import Seen
from schemas.changes import EventCause, ExpiryCause, TagChange, Why, encode_change
from schemas.decode import Decoder

MS = 1_000_000
EXPIRED, NOW = 1_800_000_000_000, 1_800_000_000_900


def change(user: str, tag: str, time: int, event: str = "") -> bytes:
    """A tag that came with an event, or went without one, as a worker publishes it."""
    old, new = (None, True) if event else (True, None)
    cause = EventCause("t", 0, 0, "bench", event) if event else ExpiryCause()
    return encode_change(TagChange(1, user, tag, old, new, time, cause, Why("r", {}), "storm@1"))


def seen(*changes: bytes) -> Seen:
    """What the watcher says of these, of a storm of two users."""
    watcher = Seen(os.getpid(), 2, EXPIRED)
    for number, data in enumerate(changes):
        watcher.take(data, (NOW + number) * MS)
    return watcher


def gone(user: str, time: int = EXPIRED) -> bytes:
    return change(user, "lively", time)


CAME = [change(user_id(n), "lively", EXPIRED - 9_000, event="e0") for n in range(2)]


def test_a_right_storm_has_figures_and_no_faults() -> None:
    """From the first gone to the last; of the events, those that were sent in it."""
    at = [EXPIRED - 100, EXPIRED + 890, NOW + 1_000]
    events = [change(f"l{t}", "met", t, event=f"{t * MS}-1") for t in at]
    told = msgspec.to_builtins(seen(*CAME, *events, gone("s0000000"), gone("s0000001")))
    found = figures(2, 1_000, EXPIRED, {"sent": 3, "behind_ms": 0.5}, told)
    assert found.faults == ()
    assert (found.expired, found.began_ms, found.took_s) == (2, 905.0, 0.001)
    assert (found.events, found.p50_ms, found.calm_p99_ms) == (1, 13.0, 1_002.0)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ([gone("s0000000")], "1 tags of 2 went"),
        ([gone("s0000000"), gone("s0000001", EXPIRED + 1)], "not what the storm had to bring"),
        ([gone("s0000000"), gone("s0000000")], "not what the storm had to bring"),
    ],
)
def test_a_missing_a_late_and_a_second_expiry_are_faults(changes: list[bytes], fault: str) -> None:
    """However fast the others were."""
    told = msgspec.to_builtins(seen(*CAME, *changes))
    faults = figures(2, 1_000, EXPIRED, {"sent": 0, "behind_ms": 0.0}, told).faults
    assert any(fault in one for one in faults)


def test_all_users_are_due_at_one_instant_after_the_loading() -> None:
    """Their events are never of the future, and there is nearly a window's time to load them."""
    when = due(5_000, NOW)
    assert NOW - 1_000 < when.event <= NOW
    assert when.instant == when.event + when.window_s * 1_000
    records = list(load("interactions", 3, when.event))
    decoded = [Decoder("CNY").decode("interactions", r.value, (), NOW) for r in records]
    assert [event.user_id for event in decoded] == [user_id(n) for n in range(3)]
    assert {event.time for event in decoded} == {when.event}


@pytest.mark.kafka
@pytest.mark.timeout(180)
def test_a_small_storm_is_all_right(servers_of_the_tests: Servers) -> None:
    """Five thousand at once: each goes at its instant, once, and every other event is seen."""
    found = measure(servers_of_the_tests, users=5_000, rate=200)
    assert found.faults == ()
    assert (found.expired, found.users) == (5_000, 5_000)
    assert found.took_s > 0
    assert json.dumps(found.as_json())
