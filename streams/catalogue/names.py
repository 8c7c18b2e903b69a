"""Which names measures, tags and detectors may have, and that none is given twice."""

import keyword
import re
from collections.abc import Mapping, Sequence

from streams.catalogue.expressions.check import FUNCTIONS
from streams.catalogue.faults import Faults
from streams.catalogue.tree import Scalar

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_RESERVED = {*keyword.kwlist, *FUNCTIONS, "true", "false", "null"}

SUMMARY = "anomaly"
"""The tag that says how severe the anomalies of a user are, if there are detectors."""


def flag_of(detector: str) -> str:
    """The tag that is on while a detector's anomaly is."""
    return f"{SUMMARY}_{detector}"


def check_name(name: Scalar, faults: Faults) -> None:
    """Report a name that cannot be used in expressions and keys."""
    if not _NAME.fullmatch(name.text):
        said = "small letters, digits and _, a letter first, at most 63"
        faults.add(name.place, f'"{name.text[:80]}" is not a name: {said}')
    elif name.text in _RESERVED:
        faults.add(name.place, f'"{name.text}" is a word of the expressions, not a name')


def check_unique(
    measures: Sequence[Scalar], tags: Sequence[Scalar], made: Sequence[str], faults: Faults
) -> None:
    """Measures and tags share one namespace with the tags that detectors make."""
    taken = dict.fromkeys(made, "a tag that a detector makes")
    for name in measures:
        _refuse_taken(name, taken, faults)
    taken |= {name.text: f"a measure, on line {name.place.line}" for name in measures}
    for name in tags:
        _refuse_taken(name, taken, faults)


def _refuse_taken(name: Scalar, taken: Mapping[str, str], faults: Faults) -> None:
    """Report a name that something else has."""
    if name.text in taken:
        faults.add(name.place, f'"{name.text}" is already {taken[name.text]}')
