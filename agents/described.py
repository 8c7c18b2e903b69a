"""A catalogue as data for programs: what `catalogue show --json` and the HTTP API tell of it."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from streams.catalogue.model import Catalogue
from streams.catalogue.taxonomy import Entry, taxonomy


class RuleDescribed(Struct, frozen=True):
    """A value and the text of its rule; the value is None where the rule is the value."""

    value: str | bool | None
    rule: str


class TagDescribed(Struct, frozen=True):
    """A tag: `values` in the order of its rules, empty for a flag or where it may be any text.

    `levels` are the lengths of the parts of a value with levels; `goes` tells when it ends.
    """

    name: str
    dimension: str
    kind: str
    title: Mapping[str, str]
    description: str | None
    rules: Sequence[RuleDescribed]
    values: Sequence[str]
    levels: Sequence[int]
    needs: Sequence[str]
    goes: str
    paths: Sequence[str]


class DetectorDescribed(Struct, frozen=True):
    """A detector of anomalies."""

    name: str
    kind: str
    severity: str
    title: Mapping[str, str]


def tags_described(catalogue: Catalogue) -> list[TagDescribed]:
    """Return all tags, by dimension."""
    return [_tag(entry) for entries in taxonomy(catalogue).values() for entry in entries]


def detectors_described(catalogue: Catalogue) -> list[DetectorDescribed]:
    """Return all detectors, in the order of the catalogue."""
    return [
        DetectorDescribed(one.name, one.kind, one.severity, one.title)
        for one in catalogue.detectors.values()
    ]


def _tag(entry: Entry) -> TagDescribed:
    return TagDescribed(
        name=entry.name,
        dimension=entry.dimension,
        kind=entry.kind,
        title=entry.title,
        description=entry.description,
        rules=[RuleDescribed(rule.value, rule.text) for rule in entry.rules],
        values=entry.values,
        levels=entry.levels,
        needs=entry.needs,
        goes=entry.goes,
        paths=entry.paths,
    )
