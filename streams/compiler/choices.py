"""The values of exclusive tags, by number: what the state keeps instead of their names.

`is_activity` 2 is the second value of `activity` in the catalogue, 0 is no tag. The names stand
once, in the description of the layout. Rules compare numbers. Who wants the name reads
`tag_activity`, a property of the state: corrections, snapshots and a changed catalogue do, events
never.
"""

from collections.abc import Sequence
from typing import Any

from streams.catalogue.model import Catalogue
from streams.catalogue.names import SUMMARY
from streams.compiler.code import StateField

SEVERITIES = ("critical", "warning", "info")


def choices_of(catalogue: Catalogue, name: str) -> tuple[str, ...]:
    """The values of a tag in the order of the file; none if it is not exclusive."""
    tag = catalogue.tags.get(name)
    if tag is None:
        return SEVERITIES if name == SUMMARY else ()
    return tuple(str(rule.value) for rule in tag.rules) if tag.kind == "values" else ()


def choice_field(tag: str) -> StateField:
    """The field with the number of the tag's value."""
    return StateField(f"is_{tag}", int, 0)


def by_name(tag: str, choices: Sequence[str]) -> property:
    """The value of the tag, by name, as a property of the state."""
    field, values = f"is_{tag}", (None, *choices)
    numbers = {value: number for number, value in enumerate(values)}

    def read(state: Any) -> str | None:
        number: int = getattr(state, field)
        return values[number]

    def write(state: Any, value: str | None) -> None:
        setattr(state, field, numbers[value])

    return property(read, write)
