"""Which event each value is from: one table a user, `events`, that many measures share.

`last`, `first` and `attribute` go by event time, ties by the greater `(source, id)`, so they
remember the event that gave them their value. One profile event gives a dozen values: it stands in
the table once, and `from_<measure>` is its place there, -1 before there is a value. The place of
an event that no measure names any more is taken by the next one that comes, so the table has at
most as many events as there are measures.
"""

from collections.abc import Collection, Iterable

from streams.compiler.code import Lines, StateField, function

Key = tuple[int, str, str]
"""Time, source and id of an event: what decides which value stays."""

_PREFIX = "from_"


def source_field(measure: str) -> StateField:
    """The field with the place of the event that the measure's value is from."""
    return StateField(f"{_PREFIX}{measure}", int, -1)


def enter_at_free_place(events: list[Key], used: Collection[int], key: Key) -> int:
    """Put an event where none stands that is still used; return its place.

    >>> events = [(1, "app", "a"), (2, "app", "b")]
    >>> enter_at_free_place(events, (1, -1), (3, "app", "c")), events
    (0, [(3, 'app', 'c'), (2, 'app', 'b')])
    """
    for place in range(len(events)):
        if place not in used:
            events[place] = key
            return place
    events.append(key)
    return len(events) - 1


def table_of(fields: Iterable[StateField]) -> tuple[list[StateField], Lines]:
    """For these fields of a state the table and `place_of(s, key)`; nothing if none needs it."""
    table = StateField("events", list[Key], [])
    places = [f"s.{field.name}" for field in fields if field.name.startswith(_PREFIX)]
    if not places:
        return [], []
    body = [
        *table.begun,
        "if key in s.events:",
        "    return s.events.index(key)",
        f"return enter_at_free_place(s.events, ({', '.join(places)},), key)",
    ]
    doc = "The place of an event in the user's table."
    return [table], function("place_of(s, key)", doc, body)
