"""The state of a user under one catalogue: a struct made for it, and its fingerprint.

The fingerprint covers everything that decides what the state means: fields, measures, rules,
detectors. Titles and line numbers may change freely.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from xxhash import xxh32_intdigest

from streams.catalogue.model import Catalogue
from streams.compiler.code import StateField
from streams.row import State

_FOUR_BYTES = 0x8000_0000  # always set: in msgpack the fingerprint then has a fixed width


def fingerprint(catalogue: Catalogue, fields: Sequence[StateField]) -> int:
    """32 bits, the same for catalogues that decide the same with the same fields."""
    measures = [replace(measure, line=0) for measure in catalogue.measures.values()]
    rules = [replace(r, line=0) for tag in catalogue.tags.values() for r in tag.rules]
    tags = [(tag.name, tag.kind, tag.hold) for tag in catalogue.tags.values()]
    detectors = [replace(d, line=0, title={}) for d in catalogue.detectors.values()]
    decided_by = (fields, measures, tags, rules, detectors, catalogue.timezone)
    return xxh32_intdigest(repr(decided_by).encode()) | _FOUR_BYTES


def state_type(fields: Sequence[StateField]) -> type[State]:
    """The struct: what every user has, then the catalogue's fields."""
    made = msgspec.defstruct(
        "UserState",
        [(field.name, field.type, _default(field)) for field in fields],
        bases=(State,),
        array_like=True,
        gc=False,  # no cycles: a million states would otherwise be walked again and again
    )
    assert issubclass(made, State)
    return made


def _default(field: StateField) -> Any:
    return msgspec.field(default_factory=list) if field.default == [] else field.default
