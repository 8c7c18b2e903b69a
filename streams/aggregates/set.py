"""`set: FIELD`: the values that were added and not removed, at most 256.

For each value the event that decided last is kept: the latest by event time, ties by the greater
`(source, id)`. So a late `join` does not bring back what was left since. When there are too many
members the one whose event is the oldest goes; of those that were removed as many are remembered.
"""

from dataclasses import dataclass
from typing import ClassVar

from streams.aggregates.figure import Figure, Source
from streams.catalogue.fields import Fields
from streams.catalogue.forms import WHERE, Declared, Form, read_field
from streams.catalogue.shapes import FIELD, event_types
from streams.compiler.code import Lines, StateField, block

MOST = 256
Key = tuple[int, str, str]
"""Time, source, id: what decides."""
Keys = dict[str, Key]


def enter(members: Keys, removed: Keys, value: str, key: Key) -> bool:
    """Add a value unless a later event removed it; whether the members are others now.

    >>> members, removed = {}, {"c1": (5, "app", "e1")}
    >>> enter(members, removed, "c1", (4, "app", "e2")), enter(members, removed, "c1", (5, "b", ""))
    (False, True)
    """
    if value in members:
        members[value] = max(members[value], key)
        return False
    if value in removed and removed[value] > key:
        return False
    removed.pop(value, None)
    members[value] = key
    return _trim(members) != value


def leave(members: Keys, removed: Keys, value: str, key: Key) -> bool:
    """Remove a value unless a later event added it; whether it was a member."""
    if value in removed:
        removed[value] = max(removed[value], key)
        return False
    if value in members and members[value] > key:
        return False
    removed[value] = key
    _trim(removed)
    return members.pop(value, None) is not None


def _trim(keys: Keys) -> str | None:
    """If there are too many, drop the one whose event is the oldest, and return it."""
    if len(keys) <= MOST:
        return None
    oldest = min(keys, key=keys.__getitem__)
    del keys[oldest]
    return oldest


def read_set(fields: Fields, aggregate: str) -> Declared:
    """`set: FIELD`, which some events join and others leave."""
    adds, removes = fields.event_types("add"), fields.event_types("remove")
    for kind in sorted({*adds} & {*removes}):
        fields.wrong(fields.place_of("remove"), f'"{kind}" cannot both add and remove')
    field = read_field(fields, aggregate, (*adds, *removes), ("text",))
    return {"type": "set", "types": adds, "field": field, "removes": removes}


@dataclass(frozen=True, slots=True)
class SetOf(Figure):
    """The members and those that were removed, each with the event that decided."""

    form: ClassVar[Form] = Form(
        "the values of an event field that some events add and others remove",
        FIELD,
        {
            "add": event_types("events that add a value"),
            "remove": event_types("events that remove it"),
            "where": WHERE,
        },
        read_set,
        needed=("add",),
    )
    functions: ClassVar[dict[str, object]] = {"enter": enter, "leave": leave}

    @property
    def shown(self) -> str:
        """The members, sorted."""
        return f"sorted({self.current} or ())"

    def fields(self) -> list[StateField]:
        """Both begin with nothing, as most users have neither."""
        name = self.measure.name
        return [
            StateField(f"m_{name}", Keys | None, None),
            StateField(f"removed_{name}", Keys | None, None),
        ]

    def fold(self, source: Source) -> Lines:
        """Add or remove the event's value, as its type says."""
        name, verb = self.measure.name, "enter"
        if source["type"].strip("'") in self.measure.removes:
            verb = "leave"
        both = f"{self.current}, s.removed_{name}"
        moved = f"{verb}({both}, new, (time, event.source, event.id))"
        take = [
            f"if {self.current} is None:",
            f"    {both} = {{}}, {{}}",
            *(block(f"if {moved}", ["look = True"]) if self.uses.any else [moved]),
        ]
        return [f"new = {self.field_source(source)}", *block("if new is not None", take)]
