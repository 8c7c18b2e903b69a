"""The section `detectors`: what all have in common; each kind states its own parameters.

The kinds and their parameters are in `streams/detectors`, one file each.
"""

from collections.abc import Mapping
from typing import Literal, cast

from streams.catalogue.faults import Faults, listing
from streams.catalogue.fields import Fields
from streams.catalogue.measures import read_where
from streams.catalogue.model import Detector
from streams.catalogue.parameters import Value
from streams.catalogue.titles import read_title
from streams.catalogue.tree import Entries, Scalar, Tree
from streams.catalogue.vocabulary import fields_of
from streams.detectors import DETECTORS

Severity = Literal["info", "warning", "critical"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
HOUR = 3_600_000


COMMON = ("title", "kind", "of", "where", "severity", "flag", "cooldown", "description")


def read_detector(name: Scalar, tree: Tree, faults: Faults) -> Detector | None:
    """One detector; None if anything about it is wrong."""
    before = len(faults)
    fields = Fields(f'detector "{name.text}"', name.place, tree, faults)
    fields.need("kind")
    kind = fields.choice("kind", tuple(DETECTORS), "")
    if kind not in DETECTORS:
        return None
    fields.only((*COMMON, *DETECTORS[kind].takes))
    parameters, types = _parameters(kind, fields), _types(kind, fields)
    DETECTORS[kind].doubt(fields, types, parameters)
    detector = _finished(name, kind, fields, types, parameters)
    return detector if len(faults) == before else None


def _finished(
    name: Scalar,
    kind: str,
    fields: Fields,
    types: tuple[str, ...],
    parameters: Mapping[str, Value],
) -> Detector:
    """What all kinds have in common."""
    where, where_text = read_where(fields, types)
    flag, cooldown = fields.duration("flag"), fields.duration("cooldown", zero=True)
    return Detector(
        name=name.text,
        line=name.place.line,
        kind=kind,
        title=read_title(fields, name.text),
        of=types,
        where=where,
        where_text=where_text,
        severity=cast("Severity", fields.choice("severity", SEVERITIES, "warning")),
        flag=24 * HOUR if flag is None else flag,
        cooldown=6 * HOUR if cooldown is None else cooldown,
        parameters=parameters,
    )


def _types(kind: str, fields: Fields) -> tuple[str, ...]:
    """The events that a detector looks at, which must carry what it looks for."""
    if DETECTORS[kind].usual and "of" not in fields:
        return DETECTORS[kind].usual
    fields.need("of")
    types = fields.event_types("of")
    field = DETECTORS[kind].looks_at
    if field and types and field not in fields_of(types):
        fields.wrong(
            fields.value_place("of"), f'{kind} looks at "{field}"; {listing(types)} have none'
        )
    return types


def _parameters(kind: str, fields: Fields) -> dict[str, Value]:
    """The kind's own parameters."""
    takes = DETECTORS[kind].takes
    fields.need(*(key for key, parameter in takes.items() if not parameter.optional))
    read = {key: parameter.read(fields, key) for key, parameter in takes.items()}
    return {key: value for key, value in read.items() if value is not None}


def read_detectors(tree: Tree | None, faults: Faults) -> dict[str, Detector | None]:
    """All detectors by name; None for one that is declared, but wrong."""
    return {
        name.text: read_detector(name, detector, faults)
        for name, detector in (tree.entries if isinstance(tree, Entries) else ())
    }
