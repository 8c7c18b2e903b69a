"""A catalogue as data for programs: what `catalogue show --json` and the HTTP API tell of it."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, convert, field

from streams.catalogue.model import Catalogue
from streams.catalogue.taxonomy import taxonomy


class RuleDescribed(Struct, frozen=True):
    """A value and the text of its rule; the value is None where the rule is the value."""

    value: str | bool | None
    text: str = field(name="rule")


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
    entries = [entry for entries in taxonomy(catalogue).values() for entry in entries]
    return convert(entries, list[TagDescribed], from_attributes=True)


def detectors_described(catalogue: Catalogue) -> list[DetectorDescribed]:
    """Return all detectors, in the order of the catalogue."""
    detectors = list(catalogue.detectors.values())
    return convert(detectors, list[DetectorDescribed], from_attributes=True)
