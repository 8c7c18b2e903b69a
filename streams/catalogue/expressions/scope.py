"""The names that an expression may use, and what is known about each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from streams.catalogue.model import Type
from streams.catalogue.vocabulary import FIELD_TYPES, FIELD_VALUES, fields_of

Kind = Literal["measure", "tag", "field"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name: `type` None if its own declaration is wrong, so that its uses are not blamed.

    `values` are the only texts that it can be (an exclusive tag), None if it can be any.
    """

    name: str
    kind: Kind
    type: Type | None
    values: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """All names of one place: measures and tags in rules, the event's fields in `where`."""

    symbols: Mapping[str, Symbol]
    what: str  # how an unknown name is called when nothing is close to it
    clock: bool  # whether `hours_since` and `days_since` have a now to count from

    def kind_of(self, name: str) -> str:
        """What to call a name that is close to an unknown one."""
        symbol = self.symbols.get(name)
        return symbol.kind if symbol else self.what


def fields_scope(types: Iterable[str]) -> Scope:
    """The scope of `where`: the fields that events of these types carry."""
    symbols = {
        name: Symbol(name, "field", FIELD_TYPES[name], FIELD_VALUES.get(name))
        for name in fields_of(types)
    }
    return Scope(symbols, what="field", clock=False)


def rules_scope(symbols: Mapping[str, Symbol]) -> Scope:
    """The scope of rules: measures and tags."""
    return Scope(symbols, what="measure or tag", clock=True)
