"""Many measures, one table of events: each value goes by its own event, the table stays small."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import Profile
from tests.streams.aggregates.one_user import OneUser

NAMES = ("a", "b", "c", "d")
MEASURES = [f"m{name}: {{attribute: {name}}}" for name in NAMES]
TAGS = {f"t{name}": f"dimension: customer, value: m{name}" for name in NAMES}

events = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from(["app", "web"]),
        st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["x", "y", None]), min_size=1),
    ),
    max_size=12,
)

PROFILED = OneUser(MEASURES, **TAGS)


@settings(deadline=None)
@given(events)
def test_each_attribute_is_that_of_the_latest_event_that_named_it(
    told: list[tuple[int, str, dict[str, Any]]],
) -> None:
    """In whichever order events come; ties go to the greater (source, id)."""
    user, latest = PROFILED, dict[str, tuple[int, str, str, Any]]()
    user.forget()
    for number, (time, source, attributes) in enumerate(told):
        key = (time, source, f"e{9 - number % 10}{number}")
        common: dict[str, Any] = {"source": source, "id": key[2], "user_id": "u1", "time": time}
        event = Profile(type="profile", attributes=attributes, **common)
        user.partition.apply(2, number, event, time, user.out)
        for name, value in attributes.items():
            if name not in latest or key > latest[name][:3]:
                latest[name] = (*key, value)
        ((_, row),) = user.partition.take_dirty()
        assert row is not None
        state: Any = user.partition._program.codec.thaw(row)
        for name, (*event_key, value) in latest.items():
            assert state.events[getattr(state, f"from_m{name}")] == tuple(event_key)
            assert getattr(state, f"m_m{name}") == value
        named = {getattr(state, f"from_m{name}") for name in latest}
        assert len(state.events) <= len(NAMES) + 1
        assert named <= set(range(len(state.events)))
    assert user.tags == {f"t{n}": v for n, (*_, v) in latest.items() if v is not None}


def test_a_catalogue_without_such_measures_has_no_table() -> None:
    """What a catalogue does not use costs nothing."""
    user = OneUser(["n: {count: [post]}"], some="when: n >= 1")
    user.act(0)
    ((_, row),) = user.partition.take_dirty()
    assert row is not None
    assert not hasattr(user.partition._program.codec.thaw(row), "events")
