"""The users of one partition as bitmaps, one for each value of each tag.

A user is a number here, so a value is a set of numbers: a roaring bitmap, about 130 KB for half of
a million users. Combining two of them takes microseconds.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from pyroaring import BitMap

from agents.matching.query import Every, Has, Not, Query, Some
from agents.redis.tags import Tags
from schemas.changes import TagChange, TagValue

Levels = Mapping[str, tuple[int, ...]]
"""Tags whose values have parts, and the lengths of the parts: `{"industry": (1, 2)}`."""


class Names:
    """A number for each user, small and dense; numbers of users that went are given out again."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}
        self._user: list[str | None] = []
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._number)

    def number(self, user_id: str) -> int:
        """Return the user's number, a new one if need be."""
        number = self._number.get(user_id)
        if number is None:
            number = self._new(user_id)
        return number

    def user(self, number: int) -> str:
        """Return who has this number."""
        user_id = self._user[number]
        assert user_id is not None, "a bitmap has a number that is free"
        return user_id

    def forget(self, user_id: str) -> None:
        """Give the user's number back."""
        number = self._number.pop(user_id)
        self._user[number] = None
        self._free.append(number)

    def keep(self, numbers: BitMap) -> None:
        """Forget everybody else."""
        for user_id in [user for user, number in self._number.items() if number not in numbers]:
            self.forget(user_id)

    def _new(self, user_id: str) -> int:
        if self._free:
            number = self._free.pop()
            self._user[number] = user_id
        else:
            number = len(self._user)
            self._user.append(user_id)
        self._number[user_id] = number
        return number


class Shard:
    """Who has which tags, by numbers of `names`."""

    def __init__(self, names: Names, levels: Levels) -> None:
        self.names = names
        self._ends = {tag: tuple(accumulate(parts)) for tag, parts in levels.items()}
        self.everyone = BitMap()  # who has any tag
        self._having: dict[str, BitMap] = {}  # by tag
        self._values: dict[str, dict[str, BitMap]] = {}  # by tag and value

    # what happens to users

    def change(self, change: TagChange) -> None:
        """Let a change happen."""
        number = self.names.number(change.user_id)
        if change.tag is None:
            self._drop(number)
            return
        if change.old is not None:
            self._remove(number, change.tag, self._keys(change.tag, change.old))
        if change.new is not None:
            self._add(number, change.tag, self._keys(change.tag, change.new))
        elif not any(number in having for having in self._having.values()):
            self.everyone.discard(number)

    def replace(self, user_id: str, tags: Tags) -> None:
        """Let a user have these tags and no others."""
        number = self.names.number(user_id)
        if number in self.everyone:
            self._drop(number)
        for name, tag in tags.items():
            self._add(number, name, self._keys(name, tag.value))

    def knows(self, user_id: str) -> bool:
        """Whether this user has any tag."""
        return self.names.number(user_id) in self.everyone

    def pack(self) -> None:
        """Make it small, after many changes."""
        for bitmap in self._all():
            bitmap.run_optimize()
            bitmap.shrink_to_fit()

    # what is asked

    def find(self, query: Query) -> BitMap:
        """Return who is found by a query."""
        match query:
            case Has(tag, None):
                return self._having.get(tag, _NOBODY)
            case Has(tag, values):
                by_value = self._values.get(tag, {})
                return BitMap.union(
                    _NOBODY, *(by_value.get(value, _NOBODY) for value in values or ())
                )
            case Not(inner):
                return self.everyone - self.find(inner)
            case Every(queries):
                return self._every(queries)
            case Some(queries):
                return BitMap.union(*map(self.find, queries))

    def counts(self, tag: str) -> Iterator[tuple[str, int]]:
        """Yield each value of a tag and how many users have it; a prefix is a value, too."""
        for value, bitmap in self._values.get(tag, {}).items():
            yield value, len(bitmap)

    def tags(self) -> Iterable[str]:
        """Return the names of the tags that anybody has."""
        return self._having

    def _every(self, queries: Iterable[Query]) -> BitMap:
        """Intersect, and take away what is negated without first finding everybody else."""
        wanted, unwanted = list[BitMap](), list[BitMap]()
        for query in queries:
            if isinstance(query, Not):
                unwanted.append(self.find(query.query))
            else:
                wanted.append(self.find(query))
        found = BitMap.intersection(*wanted) if wanted else self.everyone
        return BitMap.difference(found, *unwanted) if unwanted else found

    # bitmaps

    def _keys(self, tag: str, value: TagValue) -> tuple[str, ...]:
        """Under which values a user is found: themselves, members, whole prefixes."""
        if value is True or value is False:
            return ("true" if value else "false",)
        if isinstance(value, list):
            return tuple(value)
        ends = self._ends.get(tag)
        if ends is None:
            return (value,)
        return (*dict.fromkeys([value[:end] for end in ends if end < len(value)]), value)

    def _add(self, number: int, tag: str, keys: Iterable[str]) -> None:
        values = self._values.get(tag)
        if values is None:
            values = self._values[tag] = {}
            self._having[tag] = BitMap()
        for key in keys:
            bitmap = values.get(key)
            if bitmap is None:
                bitmap = values[key] = BitMap()
            bitmap.add(number)
        self._having[tag].add(number)
        self.everyone.add(number)

    def _remove(self, number: int, tag: str, keys: Iterable[str]) -> None:
        values = self._values.get(tag, {})
        for key in keys:
            if (bitmap := values.get(key)) is not None:
                bitmap.discard(number)
                if not bitmap:
                    del values[key]
        if tag in self._having:
            self._having[tag].discard(number)

    def _drop(self, number: int) -> None:
        for tag, having in self._having.items():
            if number in having:
                having.discard(number)
                for values in [v for v, found in self._values[tag].items() if number in found]:
                    self._remove(number, tag, (values,))
        self.everyone.discard(number)

    def _all(self) -> Iterator[BitMap]:
        yield self.everyone
        yield from self._having.values()
        for values in self._values.values():
            yield from values.values()


_NOBODY = BitMap()  # never changed
