"""Which values a tag can have: asked of a person's correction, and when the catalogue changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from schemas.changes import TagValue
from streams.catalogue.faults import suggest
from streams.catalogue.model import Catalogue
from streams.catalogue.order import evaluation_order
from streams.compiler.choices import choices_of

_MOST_MEMBERS = 256
_LONGEST = 128


@dataclass(frozen=True, slots=True)
class Domain:
    """The values of one tag; `choices` are those of `values`, in the order of the file."""

    kind: Literal["values", "flag", "value", "set"]
    choices: tuple[str, ...] = ()

    def has(self, value: TagValue) -> bool:
        """Whether the tag can have this value. No tag at all is None and always possible."""
        match self.kind:
            case "flag":
                return value is True
            case "values":
                return value in self.choices
            case "value":
                return isinstance(value, str)
            case _:
                return isinstance(value, list)

    @property
    def text(self) -> str:
        """The values in words."""
        match self.kind:
            case "flag":
                return "true"
            case "values":
                return ", ".join(self.choices)
            case "value":
                return f"text of 1 to {_LONGEST} characters"
            case _:
                return f"a list of at most {_MOST_MEMBERS} texts of 1 to {_LONGEST} characters"


def domains_of(catalogue: Catalogue) -> Mapping[str, Domain]:
    """The domain of every tag, those that detectors make included, in the order of decision."""
    return {name: _domain(catalogue, name) for name in evaluation_order(catalogue)}


def correction_fault(domains: Mapping[str, Domain], tag: str, value: TagValue | None) -> str | None:
    """What is wrong with an override of the tag to the value, for a person; None if nothing is.

    `false` is no tag, for every kind; None gives the tag back to the rules.

    >>> correction_fault({"vip": Domain("flag")}, "vpi", True)
    'unknown tag "vpi", did you mean "vip"?'
    """
    domain = domains.get(tag)
    if domain is None:
        return f'unknown tag "{tag}"{suggest(tag, domains)}'
    if value is None or value is False or (domain.has(value) and _has_size(value)):
        return None
    return f'the tag "{tag}" cannot be overridden to {value!r}: {domain.text}, or false for no tag'


def _domain(catalogue: Catalogue, name: str) -> Domain:
    if choices := choices_of(catalogue, name):
        return Domain("values", choices)
    tag = catalogue.tags.get(name)
    return Domain(tag.kind if tag else "flag")


def _has_size(value: TagValue) -> bool:
    """Whether a correction is as small as what rules give."""
    texts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    return len(texts) <= _MOST_MEMBERS and all(0 < len(text) <= _LONGEST for text in texts)
