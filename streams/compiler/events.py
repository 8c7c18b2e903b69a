"""What an event of each type does: `on_<type>` takes it in, `react_<type>` decides the tags.

`on_<type>(s, event, at, hits)` gives two booleans: whether some tag may have changed, and
whether the event was too old for a window. `react_<type>(s, at, moves)` decides the tags that
the type can touch, at a value of every window at the clock; `settle(s, at, moves, hits)` decides
all tags and finds the next deadline.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streams.aggregates.figure import Figure, Source
from streams.catalogue.model import Catalogue, Expression, Measure, Name
from streams.catalogue.vocabulary import COMMON, EVENT_FIELDS, FIELD_TYPES
from streams.compiler.code import Lines, block, function, safe, sooner
from streams.compiler.expressions import Writer
from streams.compiler.order import fed_by
from streams.detectors.kind import Kind


@dataclass(slots=True)
class EventSource:
    """Writes the functions of the event types; collects the constants that they name."""

    catalogue: Catalogue
    figures: Mapping[str, Figure]
    kinds: Mapping[str, Kind]
    order: Sequence[str]
    inputs: Mapping[str, frozenset[str]]
    constants: dict[str, object] = field(default_factory=dict)

    def takes(self, event_type: str) -> Lines:
        """`on_<type>`; nothing for a type that feeds no measure and no detector."""
        source = fields_source(event_type)
        body: Lines = []
        for name in self._measures(event_type):
            figure = self.figures[name]
            guarded = self._guard(figure.measure.where, source, figure.fold(source))
            body += [f"# {name} (line {figure.measure.line})", *guarded]
        for name in self._detectors(event_type):
            kind = self.kinds[name]
            guarded = self._guard(kind.where(source), source, kind.fold(source))
            body += [f"# {name} (line {kind.detector.line})", *guarded]
        if not body and self.catalogue.forget_after is None:
            return []
        start = ["look = late = False", "time = event.time", *self._content(event_type, source)]
        if self.catalogue.forget_after is not None:
            start += block("if time > s.active", ["s.active = time"])
        signature = f"on_{safe(event_type)}(s, event, at, hits)"
        doc = f"Take in a {event_type}: (look, late)."
        return function(signature, doc, [*start, *body, "return look, late"])

    def reacts(self, event_type: str) -> Lines:
        """`react_<type>`; nothing if no tag depends on the type."""
        touched = {*self._measures(event_type), *self._detectors(event_type)}
        tags = fed_by(self.order, self.inputs, touched)
        read = {name for tag in tags for name in self.inputs[tag]}
        read -= {name for name in touched if name in self.figures and self._always(name)}
        body = [*self._advance(read), *(f"decide_{tag}(s, at, moves)" for tag in tags)]
        doc = f"Decide the tags that a {event_type} can touch."
        return function(f"react_{safe(event_type)}(s, at, moves)", doc, body) if tags else []

    def advances(self) -> Lines:
        """`advance_<measure>` for each measure with a window."""
        lines: Lines = []
        for name, figure in self.figures.items():
            if body := figure.advance():
                lines += function(f"advance_{name}(s, at)", "Drop what has left the window.", body)
        return lines

    def settles(self) -> Lines:
        """`settle`: everything anew at one instant, and the next deadline."""
        body = ["s.deadline = NEVER"]
        for figure in self.figures.values():
            body += figure.advance()  # not called: this is as hot as an event
        for kind in self.kinds.values():
            body += kind.expire()
        body += [f"decide_{tag}(s, at, moves)" for tag in self.order]
        for figure in self.figures.values():
            body += figure.deadline()
        for kind in self.kinds.values():
            body += kind.deadline()
        if self.catalogue.forget_after is not None:
            body += sooner(f"s.active + {self.catalogue.forget_after}")
        doc = "Find what time brought about, decide all tags, find the next deadline."
        return function("settle(s, at, moves, hits)", doc, body)

    def brings(self) -> Lines:
        """`advance(s, at)`: all windows."""
        body = self._advance(set(self.figures))
        return function("advance(s, at)", "Bring all windows to an instant.", body)

    def _advance(self, names: set[str]) -> Lines:
        windowed = (name for name, figure in self.figures.items() if figure.advance())
        return [f"advance_{name}(s, at)" for name in windowed if name in names]

    def _guard(self, where: Expression | None, source: Source, lines: Lines) -> Lines:
        if where is None:
            return lines
        writer = Writer(lambda name: _field(name, source))
        condition = writer.truth(where)
        self.constants |= writer.constants
        return block(f"if {condition}", lines)

    def _content(self, event_type: str, source: Source) -> Lines:
        """The hash of the content, once for all that ask for it."""
        if not any(self.kinds[name].reads_content for name in self._detectors(event_type)):
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
