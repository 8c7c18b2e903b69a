"""The section `detectors`: seven kinds of anomaly, each with its own parameters."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Literal, cast

from streams.catalogue.faults import Faults, listing
from streams.catalogue.fields import Fields
from streams.catalogue.measures import read_where
from streams.catalogue.model import Detector
from streams.catalogue.titles import read_title
from streams.catalogue.tree import Entries, Scalar, Tree
from streams.catalogue.vocabulary import fields_of

Parameter = Callable[[Fields, str], int | Decimal | None]
Severity = Literal["info", "warning", "critical"]

MAX_COUNT = 10_000
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
HOUR = 3_600_000


def _count(fields: Fields, key: str) -> int | None:
    """How many; each costs memory of every user."""
    return fields.integer(key, 1, MAX_COUNT)


def _span(fields: Fields, key: str) -> int | None:
    return fields.duration(key)


def _grace(fields: Fields, key: str) -> int | None:
    return fields.duration(key, zero=True)


def _factor(fields: Fields, key: str) -> Decimal | None:
    return fields.decimal(key, Decimal(0), places=6)


def _money(fields: Fields, key: str) -> Decimal | None:
    return fields.decimal(key, Decimal(0), places=2)


KINDS: Mapping[str, Mapping[str, Parameter]] = {
    "velocity": {"count": _count, "within": _span},
    "spike": {"factor": _factor, "min_events": _count},
    "structuring": {"threshold": _money, "band": _money, "count": _count, "within": _span},
    "dormant": {"idle": _span},
    "burst": {"count": _count, "within": _span, "distinct_content": _count},
    "duplicate_content": {
        "communities": _count,
        "users": _count,
        "within": _span,
        "min_letters": _count,
    },
    "overdue": {"grace": _grace},
}
"""The parameters of each kind: all are needed, except as `OPTIONAL` says."""

COMMON = ("title", "kind", "of", "where", "severity", "flag", "cooldown", "description")
_EITHER = ("communities", "users")  # one of the two is enough
OPTIONAL = (*_EITHER, "min_letters")
_FIELD_NEEDED = {
    "spike": "amount",
    "structuring": "amount",
    "burst": "content",
    "duplicate_content": "content",
}
_LOANS = ("borrow", "repay", "overdue", "default")


def read_detector(name: Scalar, tree: Tree, faults: Faults) -> Detector | None:
    """One detector; None if anything about it is wrong."""
    before = len(faults)
    fields = Fields(f'detector "{name.text}"', name.place, tree, faults)
    fields.need("kind")
    kind = fields.choice("kind", tuple(KINDS), "")
    if kind not in KINDS:
        return None
    fields.only((*COMMON, *KINDS[kind]))
    parameters = _parameters(kind, fields)
    types = _types(kind, fields)
    detector = _finished(name, kind, fields, types, parameters)
    return detector if len(faults) == before else None


def _finished(
    name: Scalar,
    kind: str,
    fields: Fields,
    types: tuple[str, ...],
    parameters: Mapping[str, int | Decimal],
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
    if kind == "overdue" and "of" not in fields:
        return _LOANS
    fields.need("of")
    types = fields.event_types("of")
    if kind == "overdue":
        _check_loans(fields, types)
    field = _FIELD_NEEDED.get(kind)
    if field and types and field not in fields_of(types):
        fields.wrong(
            fields.value_place("of"), f'{kind} looks at "{field}"; {listing(types)} have none'
        )
    return types


def _check_loans(fields: Fields, types: tuple[str, ...]) -> None:
    """A borrow can only be settled if its repays are seen too."""
    place = fields.value_place("of")
    for other in (one for one in types if one not in _LOANS):
        fields.wrong(place, f'overdue looks at {listing(_LOANS)}, not at "{other}"')
    if "borrow" in types and "repay" not in types:
        fields.wrong(place, 'overdue needs "repay" beside "borrow", or no loan is ever settled')


def _parameters(kind: str, fields: Fields) -> dict[str, int | Decimal]:
    """The kind's own parameters."""
    fields.need(*(key for key in KINDS[kind] if key not in OPTIONAL))
    if kind == "duplicate_content" and not any(key in fields for key in _EITHER):
        fields.wrong(fields.place, f'{fields.owner} needs "communities", "users" or both')
    read = {key: reader(fields, key) for key, reader in KINDS[kind].items()}
    found = {key: value for key, value in read.items() if value is not None}
    if kind == "structuring" and found.get("band", 0) > found.get("threshold", Decimal("Infinity")):
        fields.wrong(fields.value_place("band"), '"band" may not exceed "threshold"')
    return found


def read_detectors(tree: Tree | None, faults: Faults) -> dict[str, Detector | None]:
    """All detectors by name; None for one that is declared, but wrong."""
    return {
        name.text: read_detector(name, detector, faults)
        for name, detector in (tree.entries if isinstance(tree, Entries) else ())
    }
