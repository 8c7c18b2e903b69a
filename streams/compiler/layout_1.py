"""Layouts of format 1, which the changelog did not describe: frozen, only to read old rows.

Format 1 stood for a layout by a hash over Python's text of the catalogue's parts. So its rows
can be read under the catalogue that wrote them alone: started once with that, they are written
in the present format, and then the catalogue may change. The text is made here from lists of
what the parts had then, so that the model may grow.
"""

from collections.abc import Mapping
from dataclasses import is_dataclass
from decimal import Decimal
from typing import Any

from xxhash import xxh32_intdigest

from streams.catalogue.model import Catalogue
from streams.compiler.code import StateField
from streams.compiler.layout import Described, Layout
from streams.compiler.layout_2 import field_2, fields_2

_BASE = (
    *("layout", "deadline", "clk", "known", "offset_interactions", "offset_transactions"),
    *("offset_profiles", "offset_repartition", "offset_derived"),
    *("seen_interactions", "seen_transactions", "seen_profiles"),
)
_HAD: Mapping[str, tuple[str, ...]] = {
    "Constant": ("value", "type"),
    "Name": ("name", "kind", "type"),
    "Unary": ("op", "operand", "type"),
    "Binary": ("op", "left", "right", "type"),
    "Logical": ("op", "operands", "type"),
    "Membership": ("operand", "choices", "negated", "type"),
    "Call": ("function", "arguments", "type"),
    "Window": ("width", "step"),
    "Measure": (
        *("name", "line", "aggregate", "type", "types", "field", "where", "where_text", "window"),
        *("days", "points", "removes", "attribute", "attribute_type"),
    ),
    "Rule": ("value", "condition", "text", "line"),
    "Detector": (
        *("name", "line", "kind", "title", "of", "where", "where_text", "severity", "flag"),
        *("cooldown", "parameters"),
    ),
}


def layout_1(layout: Layout) -> tuple[int, Described]:
    """Fingerprint and description that format 1 would have had for this catalogue."""
    own = [(part, field) for part, field in layout.fields if part != "user"]
    fields = tuple(("user", name, "") for name in _BASE) + fields_2(own)
    number = _fingerprint(layout.catalogue, [field_2(field) for _, field in own])
    return number, Described(1, fields, layout.described.definitions, {})


def _fingerprint(catalogue: Catalogue, fields: list[StateField]) -> int:
    rules = [rule for tag in catalogue.tags.values() for rule in tag.rules]
    tags = [(tag.name, tag.kind, tag.hold) for tag in catalogue.tags.values()]
    decided_by = (
        *(_text(fields), _text(list(catalogue.measures.values())), _text(tags), _text(rules)),
        *(_text(list(catalogue.detectors.values())), _text(catalogue.timezone)),
    )
    return xxh32_intdigest(f"({', '.join(decided_by)})".encode()) | 0x8000_0000


def _text(value: Any) -> str:
    """`repr` as it was then: attributes of then alone, lines as 0, titles of detectors empty."""
    if isinstance(value, StateField | str | int | Decimal | None):
        return repr(value)
    if is_dataclass(value):
        name = type(value).__name__
        silent = {"line": "0", **({"title": "{}"} if name == "Detector" else {})}
        told = (f"{n}={silent.get(n) or _text(getattr(value, n))}" for n in _HAD[name])
        return f"{name}({', '.join(told)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name!r}: {_text(part)}" for name, part in value.items()) + "}"
    parts = [_text(part) for part in value]
    if isinstance(value, list):
        return "[" + ", ".join(parts) + "]"
    return "(" + ", ".join(parts) + (",)" if len(parts) == 1 else ")")
