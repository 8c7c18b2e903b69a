"""What an event of each type does: `on_<type>` takes it in, `react_<type>` decides the tags.

`on_<type>(s, event, at, hits)` gives `look`, a bit for each measure whose change some tag may
tell, and `late`, whether the event was too old for a window. `react_<type>(s, at, moves, look)`
decides the tags that depend on these bits, with every window that they read at the clock;
`settle(s, at, moves, hits)` decides all tags and finds the next deadline.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from streams.aggregates.figure import Figure, Source
from streams.catalogue.model import Catalogue, Expression, Measure, Name
from streams.catalogue.vocabulary import COMMON, EVENT_FIELDS, FIELD_TYPES
from streams.compiler.code import Lines, block, function, noticing, safe, sooner
from streams.compiler.communities import CommunitySource
from streams.compiler.expressions import Writer
from streams.compiler.order import fed_by, union
from streams.detectors.kind import Kind


@dataclass(slots=True)
class EventSource:
    """Writes the functions of the event types; collects the constants that they name."""

    catalogue: Catalogue
    figures: Mapping[str, Figure]
    kinds: Mapping[str, Kind]
    order: Sequence[str]
    inputs: Mapping[str, frozenset[str]]
    communities: CommunitySource | None = None
    constants: dict[str, object] = field(default_factory=dict)

    def takes(self, event_type: str) -> Lines:
        """`on_<type>`; nothing for a type that feeds no measure and no detector."""
        source, bits = fields_source(event_type), self._bits(event_type)
        body: Lines = []
        for name in self._measures(event_type):
            figure = self.figures[name]
            guarded = self._guard(figure.measure.where, source, figure.fold(source))
            body += [f"# {name} (line {figure.measure.line})", *noticing(guarded, bits[name])]
        for name in self._detectors(event_type):
            kind = self.kinds[name]
            guarded = self._guard(kind.where(source), source, kind.fold(source))
            body += [f"# {name} (line {kind.detector.line})", *noticing(guarded, bits[name])]
        if self.communities is not None:
            before = self.communities.before(event_type, source)
            body = [*before, *body, *self.communities.after(event_type, source)]
        if not body and self.catalogue.forget_after is None:
            return []
        start = ["look, late = 0, False", "time = event.time", *self._content(event_type, source)]
        if self.catalogue.forget_after is not None:
            start += block("if time > s.active", ["s.active = time"])
        signature = f"on_{safe(event_type)}(s, event, at, hits)"
        doc = f"Take in a {event_type}: (look, late)."
        return function(signature, doc, [*start, *body, "return look, late"])

    def reacts(self, event_type: str) -> Lines:
        """`react_<type>`; nothing if no tag depends on the type."""
        tags = fed_by(self.order, self.inputs, self._bits(event_type))
        windows = {
            f"advance_{name}": union(bits for tag, bits in tags.items() if name in self.inputs[tag])
            for name, figure in self.figures.items()
            if figure.advance()
            and not (self._always(name) and event_type in types_of(figure.measure))
        }
        calls = {name: bits for name, bits in windows.items() if bits}
        calls |= {f"decide_{tag}": bits for tag, bits in tags.items()}
        every = union(tags.values())
        body: Lines = []
        for bits, names in groupby(calls, key=calls.__getitem__):
            arguments = [f"{n}(s, at)" if n in windows else f"{n}(s, at, moves)" for n in names]
            body += arguments if bits == every else block(f"if look & {bits}", arguments)
        doc = f"Decide the tags that a {event_type} can touch."
        signature = f"react_{safe(event_type)}(s, at, moves, look)"
        return function(signature, doc, body) if tags else []

    def advances(self) -> Lines:
        """`advance_<measure>` for each measure with a window."""
        lines: Lines = []
        for name, figure in self.figures.items():
            if body := figure.advance():
                lines += function(f"advance_{name}(s, at)", "Drop what has left the window.", body)
        return lines

    def settles(self, decide: Callable[[str], Lines]) -> Lines:
        """`settle`: everything anew at one instant, and the next deadline.

        `decide` writes the lines of a tag: they stand there, as a call of each takes half as long
        again. `settle_by_calls` is the same with calls, for who has something to do around them.
        """
        calls = {tag: [f"decide_{tag}(s, at, moves)"] for tag in self.order}
        return [
            *self._settle("settle", decide),
            *self._settle("settle_by_calls", calls.__getitem__),
        ]

    def _settle(self, name: str, decide: Callable[[str], Lines]) -> Lines:
        body = ["s.deadline = NEVER"]
        for figure in self.figures.values():
            body += figure.advance()  # not called: this is as hot as an event
        for kind in self.kinds.values():
            body += kind.expire()
        if self.communities is not None:
            body += self.communities.settle()
        for tag in self.order:
            body += decide(tag)
        for figure in self.figures.values():
            body += figure.deadline()
        for kind in self.kinds.values():
            body += kind.deadline()
        if self.catalogue.forget_after is not None:
            body += sooner(f"s.active + {self.catalogue.forget_after}")
        doc = "Find what time brought about, decide all tags, find the next deadline."
        return function(f"{name}(s, at, moves, hits)", doc, body)

    def brings(self) -> Lines:
        """`advance(s, at)`: all windows."""
        body = [f"advance_{name}(s, at)" for name, f in self.figures.items() if f.advance()]
        return function("advance(s, at)", "Bring all windows to an instant.", body)

    def _bits(self, event_type: str) -> dict[str, int]:
        """A bit for each measure and detector that the type feeds."""
        names = (*self._measures(event_type), *self._detectors(event_type))
        return {name: 1 << place for place, name in enumerate(names)}

    def _guard(self, where: Expression | None, source: Source, lines: Lines) -> Lines:
        if where is None:
            return lines
        writer = Writer(lambda name: _field(name, source))
        condition = writer.truth(where)
        self.constants |= writer.constants
        return block(f"if {condition}", lines)

    def _content(self, event_type: str, source: Source) -> Lines:
        """The hash of the content, once for all that ask for it."""
        asked = any(self.kinds[name].looks_at == "content" for name in self._detectors(event_type))
        if self.communities is not None:
            asked = asked or self.communities.reads_content(event_type)
        if not asked:
            return []
        if source["content"] == "None":
            return []
        return [
            f"content = {source['content']}",
            "if content is not None:",
            "    content = content_hash(content)",
        ]

    def _always(self, name: str) -> bool:
        """Whether every event of its types brings the measure to the clock."""
        measure = self.figures[name].measure
        return measure.aggregate == "count" and measure.where is None

    def _measures(self, event_type: str) -> list[str]:
        return [name for name, f in self.figures.items() if event_type in types_of(f.measure)]

    def _detectors(self, event_type: str) -> list[str]:
        return [name for name, kind in self.kinds.items() if event_type in kind.detector.of]


def types_of(measure: Measure) -> tuple[str, ...]:
    """The event types that feed a measure."""
    return ("profile",) if measure.aggregate == "attribute" else measure.types + measure.removes


def fields_source(event_type: str) -> Source:
    """For each event field, how an event of this type gives it."""
    carried = {*EVENT_FIELDS[event_type], *(("attributes",) if event_type == "profile" else ())}
    source = {f: f"event.{f}" if f in carried else "None" for f in (*FIELD_TYPES, "attributes")}
    content = "content" if "content" in carried else "None"
    return source | {"time": "time", "type": repr(event_type), "content_hash": content}


def _field(name: Name, source: Source) -> tuple[str, bool]:
    return source[name.name], name.name not in COMMON
