"""Which tag needs which: the order in which tags are evaluated, and cycles found."""

from collections.abc import Iterator, Mapping
from heapq import heapify, heappop, heappush

from streams.catalogue.model import (
    Binary,
    Call,
    Catalogue,
    Expression,
    Logical,
    Membership,
    Name,
    Tag,
    Unary,
)
from streams.catalogue.names import SUMMARY, flag_of

Needs = Mapping[str, frozenset[str]]
"""For each tag the tags that it needs."""


def parts_of(expression: Expression) -> Iterator[Expression]:
    """An expression and all that it is made of, from left to right."""
    yield expression
    match expression:
        case Unary(operand=operand) | Membership(operand=operand):
            yield from parts_of(operand)
        case Binary(left=left, right=right):
            yield from parts_of(left)
            yield from parts_of(right)
        case Logical(operands=parts) | Call(arguments=parts):
            for part in parts:
                yield from parts_of(part)


def names_in(expression: Expression) -> Iterator[Name]:
    """Every name in an expression, from left to right."""
    return (part for part in parts_of(expression) if isinstance(part, Name))


def needs_of(tag: Tag) -> frozenset[str]:
    """The tags that this tag's rules name."""
    conditions = (rule.condition for rule in tag.rules if rule.condition is not None)
    return frozenset(n.name for c in conditions for n in names_in(c) if n.kind == "tag")


def evaluation_order(catalogue: Catalogue) -> tuple[str, ...]:
    """All tags, those that detectors make included, each after the tags that it needs.

    Where dependencies leave a choice, the order of the file; the detectors' flags
    `anomaly_<detector>` and then the summary `anomaly` count as standing at its end.
    """
    needs: dict[str, frozenset[str]] = {name: needs_of(tag) for name, tag in catalogue.tags.items()}
    flags = [flag_of(detector) for detector in catalogue.detectors]
    needs |= dict.fromkeys(flags, frozenset())
    if flags:
        needs[SUMMARY] = frozenset(flags)
    return _sorted(needs)


def _sorted(needs: Needs) -> tuple[str, ...]:
    """Always the first in file order of those whose needs are met."""
    place = {name: index for index, name in enumerate(needs)}
    missing = {name: set(needed) for name, needed in needs.items()}
    ready = [index for name, index in place.items() if not missing[name]]
    heapify(ready)
    names, order = list(needs), list[str]()
    while ready:
        done = names[heappop(ready)]
        order.append(done)
        for name, needed in missing.items():
            if done in needed:
                needed.remove(done)
                if not needed:
                    heappush(ready, place[name])
    return tuple(order)


def cycles(needs: Needs) -> list[list[str]]:
    """Tags that need themselves: `[a, b, a]`, one for each group, from its first in the file."""
    found: list[list[str]] = []
    seen: set[str] = set()
    for name in needs:
        path = [] if name in seen else _way_back(name, needs)
        if path:
            seen.update(path)
            found.append(path)
    return found


def _way_back(start: str, needs: Needs) -> list[str]:
    """The shortest way from a tag over its needs to itself; empty if there is none."""
    ways, seen = [[start]], set[str]()
    for way in ways:
        for name in sorted(needs.get(way[-1], ())):
            if name == start:
                return [*way, name]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []
