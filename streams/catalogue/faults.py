"""What is wrong with a catalogue: every mistake, with its place and a suggestion."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake; line and column count from 1."""

    line: int
    column: int
    message: str


class CatalogueError(Exception):
    """A catalogue that cannot be used; `faults` holds all its mistakes in file order."""

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        self.name, self.faults = name, list(faults)
        super().__init__("\n".join(f"{name}:{f.line}:{f.column}: {f.message}" for f in self.faults))


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the file; line and column count from 1."""

    line: int
    column: int


class Faults:
    """Collects mistakes, so that a user sees all of them at once."""

    def __init__(self) -> None:
        self._found: set[Fault] = set()

    def add(self, place: Place, message: str) -> None:
        """Remember a mistake; the same one again (through a YAML alias) counts once."""
        self._found.add(Fault(place.line, place.column, message))

    def __len__(self) -> int:
        return len(self._found)

    def in_order(self) -> list[Fault]:
        """All mistakes in the order of the file."""
        return sorted(self._found)


def suggest(word: str, known: Iterable[str]) -> str:
    """`, did you mean "x"?` for the known word that is closest, else nothing.

    >>> suggest("interaction_7d", ["interactions_7d", "last_seen"])
    ', did you mean "interactions_7d"?'
    """
    close = get_close_matches(word, list(known), n=1)
    return f', did you mean "{close[0]}"?' if close else ""


def listing(words: Iterable[str]) -> str:
    """Words as a list for people.

    >>> listing(["zh", "en"])
    'zh, en'
    """
    return ", ".join(words)
