"""What catalogues before ours left in a partition: rows of other layouts, measures that began late.

A restore tells it of every row; `describe` makes foreign rows readable; `begin` says from when
new measures count, which every `why` that rests on them tells until their windows are full.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from schemas.changes import TagValue, Why
from streams.catalogue.model import Catalogue
from streams.compiler.layout import Described
from streams.compiler.layout_1 import layout_1
from streams.compiler.program import Program
from streams.domains import Domain
from streams.effects import Move
from streams.relayout import kept_parts, reader
from streams.row import LayoutChanged
from streams.warming import Warming

Shown = Mapping[str, tuple[TagValue, int]]
"""Value and since of the tags of a user."""

UNKNOWN = Why("no longer known", {})
_REMOVED = Why("no longer in the catalogue", {})


class Predecessors:
    """The catalogues before ours, as far as rows and windows of theirs are left.

    `layouts`: of rows that they wrote. `counted_since`: measures that a changed catalogue
    brought, and the partition's clock then. `warming`: which of their windows may not be full;
    None if there are none, which is the usual case.
    """

    def __init__(
        self, catalogue: Catalogue, program: Program, domains: Mapping[str, Domain]
    ) -> None:
        self.layouts: set[int] = set()
        self.counted_since: Mapping[str, int] = {}
        self.warming: Warming | None = None
        self._catalogue, self._program, self._domains = catalogue, program, domains
        self._known: Mapping[int, Described] = {}

    def note(self, row: bytes) -> None:
        """A row of the log; a later one of the same user may replace it."""
        other = self._program.codec.other_layout(row)
        if other is not None:
            self.layouts.add(other)

    def describe(self, rows: Iterable[bytes], layouts: Mapping[int, Described]) -> None:
        """The log is read: from now on all these rows can be.

        LayoutChanged if one is of a layout that is not among `layouts`.
        """
        number, first = layout_1(self._program.layout)
        self._known = {number: first, **layouts}
        if self.layouts:
            found = map(self._program.codec.other_layout, rows)
            self.layouts = {other for other in found if other is not None}
        for other in self.layouts:
            if other not in self._known:
                raise LayoutChanged(f"rows of layout {other:08x}, which nothing describes")
            read = reader(self._known[other], self._program, self._domains)
            self._program.codec.read_others(other, read)

    def count_since(self, since: Mapping[str, int]) -> None:
        """These measures know nothing from before their clock, as a checkpoint tells."""
        self.counted_since = since
        self.warming = Warming(self._catalogue, self._program.inputs, since) or None

    def begin(self, layout: int, clock: int) -> None:
        """The catalogue is ours from this clock on; the last checkpoint was one of `layout`.

        Measures that it or the writer of some row did not count alike are counted from now.
        """
        ours, measures = self._program.layout, self._catalogue.measures
        others = [known for n, known in self._known.items() if n in {layout, *self.layouts}]
        kept = [kept_parts(other, ours) for other in others]
        was = {name: at for name, at in self.counted_since.items() if name in measures}
        new = [name for name in measures if any(f"measure {name}" not in k for k in kept)]
        self.count_since(was | dict.fromkeys(new, clock))

    def marked(self, tag: str, why: Why, at: int) -> Why:
        """The same, and whether a window behind it is not full yet."""
        if self.warming is None or not self.warming.tag(tag, at):
            return why
        return Why(why.rule, why.measures, warming=True)

    def possible(self, shown: Shown) -> Shown:
        """The tags whose value this catalogue knows."""
        domains = self._domains
        return {t: was for t, was in shown.items() if t in domains and domains[t].has(was[0])}

    def moves(self, made: Iterable[Move], shown: Shown) -> list[Move]:
        """The moves in their order, those too from values that this catalogue does not know."""
        possible = self.possible(shown)
        gone = {tag: value for tag, (value, _) in shown.items() if tag not in possible}
        told = {tag: (tag, gone.pop(tag, was), new, why) for tag, was, new, why in made}
        told |= {tag: (tag, value, None, _REMOVED) for tag, value in gone.items()}
        order = (*self._domains, *sorted(told.keys() - self._domains.keys()))
        return [told[tag] for tag in order if tag in told]


def tags_of(state: Any, tags: Iterable[str]) -> dict[str, tuple[TagValue, int]]:
    """The tags that the user has, as the state says."""
    every = ((tag, (getattr(state, f"tag_{tag}"), getattr(state, f"since_{tag}"))) for tag in tags)
    return {tag: was for tag, was in every if was[0] is not None}


def put_tags(state: Any, tags: Iterable[str], shown: Shown) -> None:
    """Make the state say so."""
    for tag in tags:
        value, since = shown.get(tag, (None, 0))
        setattr(state, f"tag_{tag}", value)
        setattr(state, f"since_{tag}", since)
