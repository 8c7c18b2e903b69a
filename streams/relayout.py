"""Rows that another catalogue wrote, read as rows of ours: unchanged parts kept, others empty.

A part (measure, detector) is kept if its definition and its fields are the same under its name.
Tags keep their value where they still can have it, since their rules are decided anew anyway;
so do a person's overrides. What every user has is kept by name.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from streams.compiler.layout import Described
from streams.compiler.program import Program
from streams.domains import Domain
from streams.override import Override
from streams.row import State


def kept_parts(old: Described, new: Described) -> frozenset[str]:
    """The measures and detectors (`measure likes`) whose fields mean the same in both."""
    before, after = _fields_of(old), _fields_of(new)
    return frozenset(
        part
        for part, definition in new.definitions.items()
        if old.definitions.get(part) == definition and before.get(part) == after.get(part)
    )


def reader(
    old: Described, program: Program, domains: Mapping[str, Domain]
) -> Callable[[bytes], State]:
    """Reads the body of a row of the old layout as a state of the program's."""
    new = program.layout.described
    places = _places(old, new)
    empty: list[Any] = msgspec.msgpack.decode(msgspec.msgpack.encode(program.fresh()))
    number = program.layout.fingerprint
    decode = msgspec.msgpack.Decoder(program.state).decode
    tags = [(tag, f"tag_{tag}", f"since_{tag}") for tag in domains]

    def read(body: bytes) -> State:
        was = msgspec.msgpack.decode(body)
        packed = [
            default if place is None else was[place]
            for place, default in zip(places, empty, strict=True)
        ]
        packed[0] = number
        state: Any = decode(msgspec.msgpack.encode(packed))
        for tag, value, since in tags:
            held = getattr(state, value)
            if held is not None and not domains[tag].has(held):
                setattr(state, value, None)
                setattr(state, since, 0)
        if state.overrides is not None:
            state.overrides = _possible(state.overrides, domains)
        if getattr(state, "active", 0) < 0:  # the old catalogue forgot nobody
            state.active = state.clk
        return state  # type: ignore[no-any-return] # of the program's own type

    return read


def _places(old: Described, new: Described) -> list[int | None]:
    """For each new field where the old row has it."""
    kept = kept_parts(old, new)
    had = {field: place for place, field in enumerate(old.fields)}
    places: list[int | None] = []
    for part, name, kind in new.fields:
        stays = part in kept or part.startswith(("user", "tag "))
        places.append(had.get((part, name, kind)) if stays else None)
    return places


def _fields_of(layout: Described) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for part, name, kind in layout.fields:
        found.setdefault(part, []).append((name, kind))
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
