"""A row as format 2 would have had it is read as the row that it is now."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.compiler.layout import Described, Layout
from streams.compiler.layout_2 import field_2, fields_2
from streams.relayout import reader
from streams.windows import origin
from tests.streams.aggregates.one_user import OneUser

WINDOW = "window: 6s, step: 2s"
MEASURES = [
    f"posts: {{count: [post], {WINDOW}}}",
    "days: {days: [post], window: 3d}",
    f"average: {{mean: score, of: [feedback], {WINDOW}}}",
    f"places: {{distinct: community_id, of: [post], {WINDOW}}}",
    f"topics: {{top: topic, of: [post], {WINDOW}}}",
    f"newest: {{last: topic, of: [post], {WINDOW}}}",
    "first_topic: {first: topic, of: [post]}",
    "grade: {attribute: grade}",
    "region: {attribute: region}",
]
TAGS = {
    "activity": "dimension: behaviour, values: {high: posts >= 3, low: posts >= 1}",
    "grade_tag": "dimension: customer, value: grade",
    "busy": "dimension: behaviour, when: places >= 2",
    "topic": "dimension: need, value: topics",
}
BASE = (
    *("layout", "deadline", "clk", "known", "offset_interactions", "offset_transactions"),
    *("offset_profiles", "offset_repartition", "offset_derived"),
    *("seen_interactions", "seen_transactions", "seen_profiles", "overrides"),
)
BUSY = OneUser(MEASURES, **TAGS)
doings = st.lists(
    st.tuples(st.integers(0, 9_000), st.sampled_from(["post", "feedback", "profile"])), max_size=12
)


def then(layout: Layout) -> Described:
    """The description of format 2."""
    own = [(part, field) for part, field in layout.fields if part != "user"]
    now = layout.described
    fields = tuple(("user", name, "") for name in BASE) + fields_2(own)
    return Described(2, fields, now.definitions, now.decided_by)


def body_2(layout: Layout, state: Any) -> bytes:
    """The values of a state, one by one, as they stood in rows."""
    values = [0, *(_user_value(state, name) for name in BASE[1:])]
    values += [_value(layout, state, f) for part, f in layout.fields if part != "user"]
    return msgspec.msgpack.encode(values)


def _user_value(state: Any, name: str) -> Any:
    if not name.startswith("seen_"):
        return getattr(state, name)
    ids: bytes = getattr(state, name.replace("seen_", "ids_"))
    return b"".join(ids[at : at + 6] + b"??" for at in range(0, len(ids), 6))


def _value(layout: Layout, state: Any, field: Any) -> Any:
    value, (word, _, name) = getattr(state, field.name), field.name.partition("_")
    if word == "from":
        return None if value < 0 else state.events[value]
    if word == "buckets" and value:
        measure = layout.catalogue.measures[name]
        assert measure.window is not None
        stride = 3 if measure.aggregate == "mean" else 2
        first = origin(measure.window.step)
        return [v + first if not i % stride else v for i, v in enumerate(value)]
    if field.default == []:
        return value or []
    if word == "newest":
        return value and value + 693_596
    return getattr(state, field_2(field).name)


@settings(deadline=None)
@given(doings, st.integers(0, 1_760_000_000_000))
def test_rows_of_format_2_are_the_same_rows(acts: list[tuple[int, str]], start: int) -> None:
    """Buckets, events, ids, names and lists, whatever a user did."""
    user = BUSY
    user.forget()
    for number, (after, kind) in enumerate(acts):
        time, some = start + after, "abc"[number % 3]
        if kind == "profile":
            user.profile(time, **{["grade", "region"][number % 2]: some})
        elif kind == "post":
            user.act(time, topic=some, community_id=some)
        else:
            user.act(time, "feedback", score=1 + number % 5)
    program = user.partition._program
    read = reader(then(program.layout), program, user.partition.domains)
    for _, row in user.partition.take_dirty():
        assert row is not None
        state = program.codec.thaw(row)
        again = read(body_2(program.layout, state))
        assert _plain(again) == _plain(state)


def _plain(state: Any) -> dict[str, Any]:
    """All fields; the events of the values instead of their places, no list for an empty one."""
    fields = {name: getattr(state, name) for name in state.__struct_fields__}
    events = fields.pop("events")
    return {
        name: (value >= 0 and events[value]) if name.startswith("from_") else value or None
        for name, value in fields.items()
    }
