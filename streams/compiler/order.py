"""Which tags an event can touch: those that depend on what it feeds."""

from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from operator import or_


def fed_by(
    order: Iterable[str], inputs: Mapping[str, Collection[str]], bits: Mapping[str, int]
) -> dict[str, int]:
    """The tags of `order` that depend on a name with a bit, directly or through other tags.

    Each has the bits of all that it depends on.

    >>> fed_by("abc", {"a": {"x"}, "b": {"z"}, "c": {"a", "y"}}, {"x": 1, "y": 2})
    {'a': 1, 'c': 3}
    """
    known, fed = dict(bits), dict[str, int]()
    for tag in order:
        if touched := union(known.get(name, 0) for name in inputs[tag]):
            known[tag] = fed[tag] = touched
    return fed


def union(bits: Iterable[int]) -> int:
    """All bits of all of them."""
    return reduce(or_, bits, 0)
