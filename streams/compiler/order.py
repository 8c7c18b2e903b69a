"""Which tags an event can touch: those that depend on what it feeds."""

from collections.abc import Iterable, Mapping


def fed_by(
    order: Iterable[str], inputs: Mapping[str, frozenset[str]], names: set[str]
) -> list[str]:
    """The tags of `order` that depend on one of `names`, directly or through other tags."""
    touched, fed = set(names), []
    for tag in order:
        if inputs[tag] & touched:
            touched.add(tag)
            fed.append(tag)
    return fed
