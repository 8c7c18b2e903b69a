"""Tests of agents/simulate/traffic.py."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.simulate.anomalies import ANOMALIES
from agents.simulate.plan import Plan
from agents.simulate.traffic import Sent, Traffic
from schemas.decode import Decoder
from schemas.events import Event, Transaction

MIDNIGHT = 1_748_793_600_000  # 2025-06-02 00:00 in Shanghai
HOUR = 3_600_000
DECODER = Decoder("CNY")

DAY = Plan(start=MIDNIGHT, users=600, rate=200, seconds=100, speed=864, duplicates=0.01)


def decoded(sent: Iterable[Sent]) -> list[Event]:
    """The events as a worker reads them, accepted at the moment they are sent."""
    return [DECODER.decode(one.topic, one.value, (), one.due) for one in sent]


@pytest.fixture(scope="module")
def day() -> list[Sent]:
    """20,000 events of one day."""
    return list(Traffic(DAY))


@given(
    users=st.integers(1, 50),
    rate=st.floats(0.1, 50),
    seconds=st.floats(0.1, 20),
    speed=st.floats(0.5, 100_000),
    seed=st.integers(),
)
@settings(max_examples=40, deadline=None)
def test_any_plan_gives_exactly_its_number_of_events_in_order_of_sending(
    users: int, rate: float, seconds: float, speed: float, seed: int
) -> None:
    """However few members and however long or short the span."""
    plan = Plan(MIDNIGHT, users, rate, seconds, seed, speed, duplicates=0.1)
    dues = [sent.due for sent in Traffic(plan)]
    assert len(dues) == plan.events
    assert dues == sorted(dues)
    assert plan.end is not None
    assert all(MIDNIGHT <= due <= plan.end for due in dues)


def test_the_same_plan_gives_the_same_bytes_and_another_seed_others(day: list[Sent]) -> None:
    """A file can be made again instead of kept."""
    assert list(islice(Traffic(DAY), 5_000)) == day[:5_000]
    other = Plan(MIDNIGHT, 600, 200, 100, seed=2, speed=864)
    assert [one.value for one in islice(Traffic(other), 50)] != [one.value for one in day[:50]]


def test_every_event_is_accepted_by_the_decoder(day: list[Sent]) -> None:
    """Without `broken` nothing of it ends in the dead letters."""
    assert Counter(one.topic for one in day).keys() == {"interactions", "transactions", "profiles"}
    assert [event.user_id for event in decoded(day)] == [one.user_id for one in day]


def test_the_profile_of_a_member_comes_before_all_else_of_theirs(day: list[Sent]) -> None:
    """So tags on customers are there when those on behaviour begin."""
    first = {one.user_id: one.topic for one in reversed(day)}
    assert set(first.values()) == {"profiles"}
    assert len(first) == DAY.users


def test_some_events_are_late_by_seconds_and_none_is_early(day: list[Sent]) -> None:
    """A duplicate aside, which comes later still."""
    seen = set[str]()
    behind = []
    for one, event in zip(day, decoded(day), strict=True):
        if event.id not in seen:
            behind.append(one.due - event.time)
        seen.add(event.id)
    assert all(0 <= ms < DAY.late_by for ms in behind)
    assert 0.01 < sum(ms > 0 for ms in behind) / len(behind) < 0.03


def test_a_duplicate_is_the_same_bytes_and_close_enough_to_be_recognised(day: list[Sent]) -> None:
    """A worker remembers the last 32 events of a user and topic."""
    last: dict[bytes, int] = {}
    fresh = 0
    distances = []
    for one in day:
        if one.value in last:
            distances.append(fresh - last[one.value])
        else:
            last[one.value] = fresh
            fresh += 1
    assert 0.005 < len(distances) / len(day) < 0.02
    assert max(distances) <= 30
    ids = {(event.source, event.id) for event in decoded(day)}
    assert len(ids) == fresh


def test_times_are_written_as_the_sources_do_it(day: list[Sent]) -> None:
    """Epoch milliseconds, UTC and an offset: all three are in the traffic."""
    text = b"\n".join(one.value for one in day)
    assert text.count(b'"time":17') > 1_000
    assert text.count(b'Z",') > 1_000
    assert text.count(b'+08:00",') > 1_000


def test_half_of_the_events_come_from_a_tenth_of_the_members(day: list[Sent]) -> None:
    """Heavy-tailed, as communities are."""
    by_user = sorted(Counter(one.user_id for one in day).values(), reverse=True)
    assert 0.45 < sum(by_user[: DAY.users // 10]) / len(day) < 0.65


def test_nights_are_quiet_and_mornings_busy(day: list[Sent]) -> None:
    """The day of people in China."""
    by_hour = Counter((one.due - MIDNIGHT) // HOUR for one in day)
    assert by_hour[3] * 5 < by_hour[10]


def test_exactly_the_members_of_the_truth_borrow_small_sums_often(day: list[Sent]) -> None:
    """Against the definition, applied to all events: lookalikes and daily life do not fire."""
    traffic = Traffic(DAY)
    assert len(list(traffic)) == len(day)
    assert len({one.user_id for one in traffic.truth()}) == DAY.users // 20
    truth = [one for one in traffic.truth() if one.detector == "small_frequent_borrowing"]
    assert {one.user_id for one in truth} == small_frequent_borrowers(decoded(day))
    by_id = {event.id: event for event in decoded(day)}
    for one in truth:
        events = [by_id[event] for event in one.events]
        assert {event.user_id for event in events} == {one.user_id}
        assert (events[0].time, events[-1].time) == (one.start, one.end)


def test_traffic_without_end_keeps_its_rate_and_plants_anomalies_on_the_way() -> None:
    """The demo's case: found within the first minute."""
    traffic = Traffic(Plan(MIDNIGHT, users=500, rate=100, seconds=None))
    minute = list(islice(traffic, 6_000))
    assert abs(minute[-1].due - MIDNIGHT - 60_000) < 100
    truth = [one for one in traffic.truth() if one.detector == "small_frequent_borrowing"]
    assert {one.user_id for one in truth} == small_frequent_borrowers(decoded(minute))
    assert truth


def test_every_anomaly_that_has_room_is_planted() -> None:
    """In a day all but the long silence, in two weeks that one too."""
    short, long = Traffic(DAY), Traffic(replace(DAY, speed=14 * 864, users=900))
    for traffic, missing in ((short, {"woken_account"}), (long, set[str]())):
        assert list(traffic)
        assert {one.detector for one in traffic.truth()} == ANOMALIES.keys() - missing


def test_who_is_alone_does_nothing_but_what_the_story_says() -> None:
    """A silence is one, and only the story knows what is usual."""
    traffic = Traffic(replace(DAY, speed=14 * 864, users=900))
    events = decoded(traffic)
    stories = [one for one in traffic.truth() if ANOMALIES[one.detector].alone]
    for one in stories:
        ids = {e.id for e in events if e.user_id == one.user_id and e.type != "profile"}
        assert ids == set(one.events)
    assert stories


def test_two_members_are_enough() -> None:
    """No story has room, and nothing breaks."""
    traffic = Traffic(Plan(MIDNIGHT, users=2, rate=100, seconds=10))
    assert len({one.user_id for one in traffic}) == 2
    assert traffic.truth() == []


def small_frequent_borrowers(events: Iterable[Event]) -> set[str]:
    """Who borrowed three times less than 5,000 within 24 hours: the slow, obvious way."""
    borrows = defaultdict[str, dict[str, int]](dict)
    for event in events:
        if isinstance(event, Transaction) and event.type == "borrow":
            assert event.amount is not None
            if event.amount < 500_000:
                borrows[event.user_id][event.id] = event.time
    return {
        user
        for user, times in borrows.items()
        for end in times.values()
        if sum(end - 24 * HOUR < time <= end for time in times.values()) >= 3
    }
