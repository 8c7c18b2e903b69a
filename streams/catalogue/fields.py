"""The entries of one mapping, read by name and type; every reader reports what is wrong.

Readers return None for what is absent or wrong: whoever needs the value asks `need` first,
and whether anything was wrong is the business of `Faults`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from streams.catalogue.faults import Faults, Place, listing, suggest
from streams.catalogue.tree import Entries, Items, Scalar, Tree
from streams.catalogue.vocabulary import EVENT_FIELDS

MAX_TEXT = 128
MAX_DAYS = 36_500

_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"([0-9]{1,12})([smhd])")
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,12})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Fields:
    """One mapping of the file, called `owner` in messages."""

    def __init__(self, owner: str, place: Place, tree: Tree | None, faults: Faults) -> None:
        self.owner, self.place, self.faults = owner, place, faults
        self._entries: dict[str, tuple[Scalar, Tree]] = {}
        self._mapping = isinstance(tree, Entries)
        if isinstance(tree, Entries):
            self._entries = {key.text: (key, value) for key, value in tree.entries}
        elif tree is not None:
            self.wrong(tree.place, f"{owner} must be a mapping, not {described(tree)}")

    def wrong(self, place: Place, message: str) -> None:
        """Report a mistake."""
        self.faults.add(place, message)

    # -- presence

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def get(self, key: str) -> Tree | None:
        """The value under a key."""
        return self._entries[key][1] if key in self._entries else None

    def place_of(self, key: str) -> Place:
        """Where a key stands; the owner's place if it is absent."""
        return self._entries[key][0].place if key in self._entries else self.place

    def value_place(self, key: str) -> Place:
        """Where the value under a key stands."""
        tree = self.get(key)
        return tree.place if tree is not None else self.place

    def items(self) -> Iterator[tuple[Scalar, Tree]]:
        """Key and value of every entry."""
        yield from self._entries.values()

    def need(self, *keys: str) -> None:
        """Report which of these are missing."""
        for key in keys:
            if self._mapping and key not in self._entries:
                self.wrong(self.place, f'{self.owner} needs "{key}"')

    def only(self, known: Iterable[str]) -> None:
        """Report keys that mean nothing here."""
        known = tuple(known)
        for key, (scalar, _) in self._entries.items():
            if key not in known:
                close = suggest(key, known) or f", known are: {listing(known)}"
                self.wrong(scalar.place, f'{self.owner} has no "{key}"{close}')

    def one_of(self, keys: Sequence[str], what: str) -> str | None:
        """The one of these keys that is there; none or several is a mistake."""
        present = [key for key in self._entries if key in keys]
        if len(present) == 1:
            return present[0]
        if present:
            self.wrong(
                self.place_of(present[1]),
                f"{self.owner} has more than one {what}: {listing(present)}",
            )
        elif self._mapping:
            self._wrong_choice(keys, what)
        return None

    def _wrong_choice(self, keys: Sequence[str], what: str) -> None:
        """None of `keys` is there: perhaps one is misspelt."""
        for key, (scalar, _) in self._entries.items():
            if close := suggest(key, keys):
                self.wrong(scalar.place, f'{self.owner} has no "{key}"{close}')
                return
        self.wrong(self.place, f"{self.owner} needs one {what} of: {listing(keys)}")

    # -- values

    def scalar(self, key: str, kind: str) -> Scalar | None:
        """A single value that is not empty; `kind` says in messages what was expected."""
        tree = self.get(key)
        if isinstance(tree, Scalar) and tree.kind != "nothing" and tree.text.strip():
            return tree
        if tree is not None:
            self.wrong(tree.place, f'"{key}" must be {kind}, not {described(tree)}')
        return None

    def text(self, key: str) -> str | None:
        """A text of 1 to 128 characters."""
        scalar = self.scalar(key, "a text")
        return self.plain(scalar, f'"{key}"') if scalar else None

    def plain(self, tree: Tree, what: str, limit: int = MAX_TEXT) -> str | None:
        """A short text without control characters."""
        if not isinstance(tree, Scalar) or tree.kind != "text" or not tree.text.strip():
            hint = f': write "{tree.raw}"' if isinstance(tree, Scalar) and tree.text else ""
            self.wrong(tree.place, f"{what} must be a text, not {described(tree)}{hint}")
        elif len(tree.text) > limit:
            self.wrong(tree.place, f"{what} has at most {limit} characters, not {len(tree.text)}")
        elif _CONTROL.search(tree.text):
            self.wrong(tree.place, f"{what} may not contain control characters")
        else:
            return tree.text
        return None

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        """One of a few words."""
        scalar = self.scalar(key, f"one of: {listing(choices)}")
        if scalar and scalar.text not in choices:
            close = suggest(scalar.text, choices) or f", known are: {listing(choices)}"
            self.wrong(scalar.place, f'unknown {key} "{scalar.text}"{close}')
        return scalar.text if scalar else default

    def integer(self, key: str, low: int, high: int) -> int | None:
        """A whole number between limits."""
        kind = f"a whole number from {low} to {high}"
        scalar = self.scalar(key, kind)
        return self._integer(scalar, f'"{key}"', low, high) if scalar else None

    def _integer(self, tree: Tree, what: str, low: int, high: int) -> int | None:
        """A whole number between limits, as text of a scalar."""
        whole = isinstance(tree, Scalar) and tree.kind == "integer" and _INTEGER.fullmatch(tree.raw)
        if isinstance(tree, Scalar) and whole and low <= int(tree.text) <= high:
            return int(tree.text)
        said = f"a whole number from {low} to {high}"
        self.wrong(tree.place, f"{what} must be {said}, not {described(tree)}")
        return None

    def integers(self, key: str, low: int, high: int) -> tuple[int, ...]:
        """A list of whole numbers, not empty."""
        items = self._list(key, "numbers")
        found = [self._integer(item, f'an entry of "{key}"', low, high) for item in items]
        return tuple(number for number in found if number is not None)

    def points(self, key: str) -> dict[str, int]:
        """A mapping of event types to whole numbers."""
        points = Fields(f'"{key}"', self.place_of(key), self.get(key), self.faults)
        if isinstance(self.get(key), Entries) and not points._entries:
            self.wrong(self.value_place(key), f'"{key}" is empty')
        found: dict[str, int] = {}
        for kind, tree in points.items():
            number = self._integer(tree, f'"{kind.text}"', -1_000_000, 1_000_000)
            if self._event_type(kind) and number is not None:
                found[kind.text] = number
        return found

    def decimal(self, key: str, low: Decimal, places: int) -> Decimal | None:
        """A number above `low` with at most so many decimals."""
        scalar = self.scalar(key, "a number")
        if scalar is None:
            return None
        number = Decimal(scalar.text) if _DECIMAL.fullmatch(scalar.text) else None
        if number is not None and number > low and round(number, places) == number:
            return number
        said = f"a number above {low} with at most {places} decimals"
        self.wrong(scalar.place, f'"{key}" must be {said}, not {described(scalar)}')
        return None

    def duration(self, key: str, *, zero: bool = False) -> int | None:
        """A duration in milliseconds, such as `90s`, `5m`, `24h`, `7d`."""
        scalar = self.scalar(key, "a duration such as 90s, 5m, 24h, 7d")
        if scalar is None:
            return None
        parts = _DURATION.fullmatch(scalar.text)
        if parts is None or scalar.kind != "text":
            said = "a whole number and a unit: s, m, h or d, for example 7d"
            self.wrong(scalar.place, f'"{key}" must be {said}, not {described(scalar)}')
            return None
        return self._in_range(key, scalar, int(parts[1]) * _UNITS[parts[2]], zero=zero)

    def _in_range(self, key: str, scalar: Scalar, span: int, *, zero: bool) -> int | None:
        """A duration that makes sense."""
        if span == 0 and not zero:
            self.wrong(scalar.place, f'"{key}" must be longer than nothing')
            return None
        if span > MAX_DAYS * _UNITS["d"]:
            self.wrong(scalar.place, f'"{key}" is at most {MAX_DAYS}d, not {scalar.text}')
            return None
        return span

    # -- event types

    def event_types(self, key: str) -> tuple[str, ...]:
        """A list of event types, each once."""
        found: dict[str, None] = {}
        for item in self._list(key, "event types"):
            if not self._event_type(item) or not isinstance(item, Scalar):
                continue
            if item.text in found:
                self.wrong(item.place, f'"{item.text}" is named twice')
            found[item.text] = None
        return tuple(found)

    def _event_type(self, tree: Tree) -> bool:
        """Whether this is the name of an event type."""
        name = self.plain(tree, "an event type")
        if name is None or name in EVENT_FIELDS:
            return name is not None
        close = suggest(name, EVENT_FIELDS) or f", known are: {listing(EVENT_FIELDS)}"
        self.wrong(tree.place, f'unknown event type "{name}"{close}')
        return False

    def _list(self, key: str, what: str) -> Sequence[Tree]:
        """The items of a list that is not empty."""
        tree = self.get(key)
        if isinstance(tree, Items) and tree.items:
            return tree.items
        if isinstance(tree, Items):
            self.wrong(tree.place, f'"{key}" is an empty list of {what}')
        elif tree is not None:
            hint = f": [{tree.raw}]" if isinstance(tree, Scalar) and tree.raw else ""
            self.wrong(tree.place, f'"{key}" must be a list of {what}{hint}')
        return ()


def described(tree: Tree) -> str:
    """What a value is, in a word or two, for messages."""
    if isinstance(tree, Entries):
        return "a mapping"
    if isinstance(tree, Items):
        return "a list"
    if tree.kind == "nothing" or not tree.text.strip():
        return "nothing"
    return tree.raw if len(tree.raw) <= 40 else f"{tree.raw[:37]}..."  # noqa: PLR2004 - a glance
