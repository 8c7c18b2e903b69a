"""What fields were until format 2: frozen, only to read old rows.

Buckets were counted from 1970, days from the year 1, each value carried its event, exclusive tags
stood there by name, lists were never None (docs/decisions/0021). The rest was as it is now.
"""

from collections.abc import Iterable

from streams.compiler.code import StateField
from streams.compiler.layout import type_text

Field = tuple[str, str, str]
"""As a description has it: part, name, type."""


def field_2(field: StateField) -> StateField:
    """The field that this one was, as it was added to the layout."""
    word, _, name = field.name.partition("_")
    match word:
        case "from":
            return StateField(f"key_{name}", tuple[int, str, str] | None, None)
        case "is":
            return StateField(f"tag_{name}", str | None, None)
        case "newest":
            return StateField(f"day_{name}", int, 0)
        case "buckets":
            return StateField(f"ring_{name}", field.type, field.default)
        case _:
            return field


def fields_2(fields: Iterable[tuple[str, StateField]]) -> tuple[Field, ...]:
    """The same as a description has them."""
    before = ((part, field_2(field)) for part, field in fields)
    return tuple((part, field.name, type_text(field.type)) for part, field in before)
