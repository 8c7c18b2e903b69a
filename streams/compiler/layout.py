"""What a row of this catalogue holds: its fields, each with the definition that filled it.

The description of a layout stands in the changelog beside the rows, under its fingerprint. A
later catalogue reads those rows by it: a measure of the same definition keeps its fields, any
other begins empty. So everything that decides what a field *means* must be in its definition,
and whoever changes how an aggregate fills a field without changing its type renames the field.

The fingerprint also covers what is decided from the fields (rules, holds, severities): a row
of the same fingerprint can be used as it is, deadline included. Titles, texts and line numbers
may change freely.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from typing import Any, Literal

import msgspec
from xxhash import xxh32_intdigest

from streams.catalogue.model import Catalogue, Detector, Measure, Rule, Tag
from streams.compiler.choices import by_name, choices_of
from streams.compiler.code import StateField
from streams.row import VERSION, State

_FOUR_BYTES = 0x8000_0000  # always set: in msgpack the fingerprint then has a fixed width
_SILENT: Mapping[type, frozenset[str]] = {
    Measure: frozenset({"name", "line", "where_text"}),
    # severity, flag and cooldown decide what follows a hit, not what is remembered
    Detector: frozenset({"name", "line", "title", "where_text", "severity", "flag", "cooldown"}),
    Tag: frozenset({"line", "title", "dimension", "levels", "description"}),
    Rule: frozenset({"line", "text"}),
}
"""Attributes of the model that do not decide what the fields hold."""
_ORDER: Mapping[str, int] = {
    kind: rank
    for rank, kinds in enumerate(
        (
            ("buckets", "recent", "posts", "loans", "waiting", "removed"),
            ("until", "quiet", "hushed"),
            ("m number",),
            ("level", "spread", "learnt", "total", "n"),
            ("events",),
            ("from",),
            ("is",),
            ("tag flag", "m flag"),
            ("since",),
            ("m",),
            ("m text",),
            ("tag text", "tag"),
            ("ids",),
        ),
        start=1,
    )
    for kind in kinds
}
"""Which fields stand together, by the first word of their names and type; others come before."""
_KINDS: Mapping[Any, str] = {int: "number", bool | None: "flag", str | None: "text"}


class Described(msgspec.Struct, frozen=True):
    """A layout as the changelog keeps it. A field is (part, name, type); parts have definitions.

    `decided_by` is all that the fingerprint covers besides. `choices`: for the tags that stand
    in rows as numbers, the values that these stand for, from 1.
    """

    format: int
    fields: tuple[tuple[str, str, str], ...]
    definitions: dict[str, Any]
    decided_by: dict[str, Any]
    choices: dict[str, tuple[str, ...]] = {}


encode_layout = msgspec.json.Encoder(order="sorted").encode
decode_layout = msgspec.json.Decoder(Described).decode


class Layout:
    """The fields of a catalogue's rows, added part by part, and the order that they are packed in.

    `fields` has them with their part, as they were added; `packed` as rows have them.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.fields: list[tuple[str, StateField]] = []

    def add(
        self,
        kind: Literal["user", "measure", "detector", "tag"],
        name: str,
        added: Sequence[StateField],
    ) -> None:
        """The fields of one measure, detector or tag, or of every user."""
        self.fields += [(f"{kind} {name}".strip(), field) for field in added]

    @property
    def packed(self) -> list[tuple[str, StateField]]:
        """What is mostly alike stands together: that compresses best."""
        ordered = sorted(self.fields, key=lambda part: _rank(part[1]))
        return [(part, field.packed) for part, field in ordered]

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """The values of the exclusive tags."""
        names = [part.removeprefix("tag ") for part, _ in self.fields if part.startswith("tag ")]
        return {name: found for name in names if (found := choices_of(self.catalogue, name))}

    @property
    def described(self) -> Described:
        """Everything that the fingerprint covers."""
        catalogue = self.catalogue
        measures, detectors = catalogue.measures.values(), catalogue.detectors.values()
        return Described(
            VERSION,
            tuple(("user", name, "") for name in State.__struct_fields__)
            + tuple((part, field.name, type_text(field.type)) for part, field in self.packed),
            {f"measure {m.name}": _definition(m, catalogue) for m in measures}
            | {f"detector {d.name}": _definition(d, catalogue) for d in detectors},
            {
                "tags": [_plain(tag) for tag in catalogue.tags.values()],
                "detectors": [[d.name, d.severity, d.flag, d.cooldown] for d in detectors],
                "forget_after": catalogue.forget_after,
                "timezone": catalogue.timezone,
            },
            self.choices,
        )

    @property
    def description(self) -> bytes:
        """What the changelog keeps."""
        return encode_layout(self.described)

    @property
    def fingerprint(self) -> int:
        """32 bits, the same for catalogues that decide the same with the same fields."""
        return fingerprint(self.description)


def fingerprint(description: bytes) -> int:
    """32 bits that stand for a layout in its rows."""
    return xxh32_intdigest(description) | _FOUR_BYTES


def state_type(layout: Layout) -> type[State]:
    """The struct: what every user has, then the catalogue's fields."""
    made = msgspec.defstruct(
        "UserState",
        [(field.name, field.type, field.default) for _, field in layout.packed],
        bases=(State,),
        namespace={f"tag_{tag}": by_name(tag, values) for tag, values in layout.choices.items()},
        array_like=True,
        gc=False,  # no cycles: a million states would otherwise be walked again and again
    )
    assert issubclass(made, State)
    return made


def _rank(field: StateField) -> int:
    """Where a field stands among the others of a row."""
    word = field.name.partition("_")[0]
    kind = f"{word} {_KINDS.get(field.type, '')}"
    return _ORDER.get(kind, _ORDER.get(word, 0))


def _definition(part: Measure | Detector, catalogue: Catalogue) -> dict[str, Any]:
    """All that decides what the part's fields hold."""
    known = _plain(part)
    assert isinstance(known, dict)
    if "amount" in str(known) or "money" in str(known):
        known["currency"] = catalogue.currency
    if isinstance(part, Measure) and (part.days or part.attribute_type == "date"):
        known["timezone"] = catalogue.timezone
    return known


def _plain(value: Any) -> Any:
    """The value as JSON; attributes with their default are left out, so the model can grow."""
    if is_dataclass(value):
        silent = _SILENT.get(type(value), frozenset())
        told = {f.name: getattr(value, f.name) for f in fields(value) if f.name not in silent}
        defaults = {f.name: f.default for f in fields(value) if f.default is not MISSING}
        known = {n: v for n, v in told.items() if n not in defaults or v != defaults[n]}
        return {"is": type(value).__name__} | {n: _plain(v) for n, v in known.items()}
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Decimal) else value


def type_text(kind: Any) -> str:
    """The type of a field as a description has it."""
    return kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)
