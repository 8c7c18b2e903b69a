"""Rows that another catalogue wrote, read as rows of ours: unchanged parts kept, others empty.

A part (measure, detector) is kept if its definition and its fields are the same under its name.
Tags keep their value where they still can have it, since their rules are decided anew anyway;
so do a person's overrides. What every user has is kept by name.
"""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

import msgspec

from schemas.changes import TagValue
from streams.compiler.layout import Described, Layout, type_text
from streams.compiler.layout_2 import Field, fields_2
from streams.compiler.program import Program
from streams.domains import Domain
from streams.override import Override
from streams.relayout_2 import upgrade
from streams.row import VERSION, State

Values = list[Any]
Tag = tuple[str, Callable[[Values], tuple[TagValue | None, int]]]
"""Name, and how a row gives its value and since."""


def kept_parts(old: Described, new: Layout) -> frozenset[str]:
    """The measures and detectors (`measure likes`) whose fields mean the same in both."""
    ours = [(part, field) for part, field in new.fields if part != "user"]
    named = new.described.fields if old.format == VERSION else fields_2(ours)
    before, after = _by_part(old.fields), _by_part(named)
    return frozenset(
        part
        for part, definition in new.described.definitions.items()
        if old.definitions.get(part) == definition and before.get(part) == after.get(part)
    )


def reader(
    old: Described, program: Program, domains: Mapping[str, Domain]
) -> Callable[[bytes], State]:
    """Reads the body of a row of the old layout as a state of the program's."""
    kept, ours = kept_parts(old, program.layout), program.layout.described.fields
    had = _had(old, program.layout)
    places = [had.get(f) if f[0] in kept or f[0] == "user" else None for f in ours]
    empty: Values = msgspec.msgpack.decode(msgspec.msgpack.encode(program.fresh()))
    decode = msgspec.msgpack.Decoder(program.state).decode
    tags = [(tag, found) for tag, found in _tags(old) if tag in domains]
    forgot, forgets = (any(name == "active" for _, name, _ in f) for f in (old.fields, ours))
    begins_to_forget = forgets and not forgot
    complete = upgrade(old, program.layout, kept) if old.format < VERSION else None

    def read(body: bytes) -> State:
        was: Values = msgspec.msgpack.decode(body)
        packed = [
            default if place is None else was[place]
            for place, default in zip(places, empty, strict=True)
        ]
        state: Any = decode(msgspec.msgpack.encode(packed))
        if complete is not None:
            complete(was, state)
        for tag, found in tags:
            value, since = found(was)
            if value is not None and domains[tag].has(value):
                setattr(state, f"tag_{tag}", value)
                setattr(state, f"since_{tag}", since)
        if state.overrides is not None:
            state.overrides = _possible(state.overrides, domains)
        if begins_to_forget:  # when the user was last active is not known
            state.active = state.clk
        return state  # type: ignore[no-any-return] # of the program's own type

    return read


def _had(old: Described, new: Layout) -> dict[Field, int]:
    """Where the old row has what is a field of the new one."""
    had = {field: place for place, field in enumerate(old.fields)}
    if old.format < VERSION:
        for (part, field), then in zip(new.fields, fields_2(new.fields), strict=True):
            if then in had and then[1] == field.name:
                had[part, field.name, type_text(field.packed.type)] = had[then]
    return had


def _tags(old: Described) -> list[Tag]:
    """The tags of the old catalogue."""
    places = {name: place for place, (_, name, _) in enumerate(old.fields)}
    found: list[Tag] = []
    for tag in dict.fromkeys(part[4:] for part, _, _ in old.fields if part.startswith("tag ")):
        since = places[f"since_{tag}"]
        if tag in old.choices:
            found.append((tag, _by_number(old.choices[tag], places[f"is_{tag}"], since)))
        else:
            found.append((tag, itemgetter(places[f"tag_{tag}"], since)))
    return found


def _by_number(
    choices: tuple[str, ...], value: int, since: int
) -> Callable[[Values], tuple[TagValue | None, int]]:
    values = (None, *choices)
    return lambda was: (values[was[value]], was[since])


def _by_part(fields: tuple[Field, ...]) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for part, name, kind in fields:
        found.setdefault(part, set()).add((name, kind))
    return found


def _possible(
    overrides: dict[str, Override], domains: Mapping[str, Domain]
) -> dict[str, Override] | None:
    """Those that the tags can still have; what rules gave and cannot give now is no tag."""
    kept = {}
    for tag, over in overrides.items():
        domain = domains.get(tag)
        if domain is None or (over.forced is not None and not domain.has(over.forced)):
            continue
        if over.ruled is not None and not domain.has(over.ruled):
            over.ruled, over.since = None, 0
        kept[tag] = over
    return kept or None
