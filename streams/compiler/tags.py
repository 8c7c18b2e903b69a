"""Each tag as two functions: `decide_<tag>` finds its value, `why_<tag>` explains one.

`decide_<tag>(s, at, moves)` compares with the value that the user has, stores the new one and
appends the move. With `hold`, a value that is still held stays, and the
user's deadline is lowered to the end of the hold.

The value of an exclusive tag stands in the state as its number in the list of the catalogue
(`is_<tag>`, 0: none), which makes rows short and comparisons quick; see `streams.compiler.choices`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from streams.aggregates.figure import Figure
from streams.catalogue.model import Catalogue, Expression, Name, Rule, Tag
from streams.catalogue.names import SUMMARY
from streams.catalogue.order import names_in
from streams.compiler.choices import SEVERITIES, choice_field, choices_of
from streams.compiler.code import Lines, StateField, block, function, indent, safe, sooner
from streams.compiler.expressions import Writer
from streams.detectors.kind import Kind

SUMMARY_TEXT = "the highest severity that is on"
"""What stands in the `why` of `anomaly` for a rule."""


@dataclass(slots=True)
class TagSource:
    """Writes the functions of all tags; collects the constants that they name."""

    catalogue: Catalogue
    figures: Mapping[str, Figure]
    kinds: Mapping[str, Kind]
    constants: dict[str, object] = field(default_factory=dict)

    def decide(self, name: str) -> Lines:
        """Both functions of a tag of the catalogue or of the detectors."""
        safe(name)
        if choices := choices_of(self.catalogue, name):
            self.constants[f"VALUES_{name}"] = (None, *choices)
        if name == SUMMARY:
            return self._summary()
        tag = self.catalogue.tags.get(name)
        if tag is None:
            return self._anomaly(name.removeprefix("anomaly_"))
        choose = self._choose(tag)
        decide = [*choose, *self._move(name)]
        if tag.hold:
            compared = len(choose) + 3  # after the value was found to be another
            decide[compared:compared] = self._hold(tag)
        doc = f"Tag {name} (line {tag.line})."
        return [*function(f"decide_{name}(s, at, moves)", doc, decide), *self._why(tag)]

    def inputs(self, name: str) -> frozenset[str]:
        """The measures and tags that this tag is decided by."""
        if name == SUMMARY:
            return frozenset(f"anomaly_{detector}" for detector in self.kinds)
        if name not in self.catalogue.tags:
            return frozenset({name.removeprefix("anomaly_")})
        return frozenset(n.name for rule in self.catalogue.tags[name].rules for n in _names(rule))

    # -- choosing the value

    def _choose(self, tag: Tag) -> Lines:
        writer = self._writer()
        if tag.kind in ("value", "set"):
            condition = _condition(tag.rules[0])
            if tag.kind == "value":
                value = writer.value(condition)
                lines = [f"new = {value}" if condition.type == "text" else f"new = text({value})"]
            else:
                lines = [f"new = sorted({writer.value(condition)} or ()) or None"]
        elif tag.kind == "flag":
            lines = [f"new = True if {writer.truth(_condition(tag.rules[0]))} else None"]
        else:
            lines = self._first_that_holds(tag, writer)
        self.constants |= writer.constants
        return lines

    def _first_that_holds(self, tag: Tag, writer: Writer) -> Lines:
        lines: Lines = []
        for place, rule in enumerate(tag.rules):
            if rule.condition is None:
                test = "else" if place else "if True"
            else:
                test = f"{'elif' if place else 'if'} {writer.truth(rule.condition)}"
            lines += [f"{test}:  # line {rule.line}", f"    new = {place + 1}  # {rule.value!r}"]
        if tag.rules[-1].condition is not None:
            lines += ["else:", "    new = 0"]
        return lines

    def _hold(self, tag: Tag) -> Lines:
        """A later value, or none, waits until the end of the hold."""
        later = "not new or new > old" if tag.kind == "values" else "not new"
        return block(
            f"if old and at < s.since_{tag.name} + {tag.hold} and ({later})",
            [*sooner(f"s.since_{tag.name} + {tag.hold}"), "return"],
        )

    def _move(self, name: str) -> Lines:
        kept, present, as_text = f"s.tag_{name}", "new is not None", []
        if choices_of(self.catalogue, name):
            kept, present = f"s.is_{name}", "new"
            as_text = [f"old, new = VALUES_{name}[old], VALUES_{name}[new]"]
        return [
            f"old = {kept}",
            "if new == old:",
            "    return",
            f"{kept} = new",
            f"s.since_{name} = at if {present} else 0",
            *as_text,
            f"moves.append(({name!r}, old, new, why_{name}(s, at, old if new is None else new)))",
        ]

    # -- explaining

    def _why(self, tag: Tag) -> Lines:
        if tag.kind != "values":
            body = [f"return {self._evidence(tag.rules[0].text, tag.rules)}"]
            return function(
                f"why_{tag.name}(s, at, value)", f"What {tag.name} was decided by.", body
            )
        body = []
        for rule in tag.rules:
            named = tag.rules if rule.condition is None else (rule,)
            body += [f"if value == {rule.value!r}:  # line {rule.line}"]
            body += indent([f"return {self._evidence(rule.text, named)}"])
        doc = f"What makes {tag.name} this value, or no longer does."
        return function(f"why_{tag.name}(s, at, value)", doc, body)

    def _evidence(self, text: str, rules: Iterable[Rule]) -> str:
        named = dict.fromkeys(name.name for rule in rules for name in _names(rule))
        shown = ", ".join(f"{name!r}: {self._shown(name)}" for name in named)
        return f"Why({text!r}, {{{shown}}})"

    def _shown(self, name: str) -> str:
        figure = self.figures.get(name)
        if figure is not None:
            return figure.shown
        if choices_of(self.catalogue, name):
            return f"VALUES_{name}[s.is_{name}]"
        tag = self.catalogue.tags.get(name)
        is_flag = tag is None or tag.kind == "flag"
        return f"s.tag_{name} is True" if is_flag else f"s.tag_{name}"

    # -- anomalies

    def _anomaly(self, detector: str) -> Lines:
        name, kind = f"anomaly_{detector}", self.kinds[detector]
        choose = [f"new = True if at < s.until_{detector} else None"]
        why = [f"return Why({kind.text!r}, {{'until': s.until_{detector}}})"]
        doc = f"Detector {detector} (line {kind.detector.line}): on until its flag ends."
        decide = [*choose, *self._move(name)]
        return [
            *function(f"decide_{name}(s, at, moves)", doc, decide),
            *function(f"why_{name}(s, at, value)", f"What {name} was decided by.", why),
        ]

    def _summary(self) -> Lines:
        tests: Lines = []
        for number, severity in enumerate(SEVERITIES, 1):
            on = [f"s.tag_anomaly_{n}" for n, k in self.kinds.items() if _severity(k) == severity]
            word = "elif" if tests else "if"
            found = [f"new = {number}  # {severity!r}"]
            tests += block(f"{word} {' or '.join(on)}", found) if on else []
        tests += ["else:", "    new = 0"]
        flags = ", ".join(f"'anomaly_{n}': s.tag_anomaly_{n} is True" for n in self.kinds)
        why = [f"return Why({SUMMARY_TEXT!r}, {{{flags}}})"]
        decide = [*tests, *self._move(SUMMARY)]
        doc = "The highest severity of the anomalies that are on."
        return [
            *function("decide_anomaly(s, at, moves)", doc, decide),
            *function("why_anomaly(s, at, value)", "What anomaly was decided by.", why),
        ]

    def _writer(self) -> Writer:
        return Writer(self._source_of, partial(choices_of, self.catalogue))

    def _source_of(self, name: Name) -> tuple[str, bool]:
        figure = self.figures.get(name.name)
        if figure is not None:
            return figure.current, figure.may_miss
        if name.type == "bool":
            return f"(s.tag_{safe(name.name)} is True)", False
        if choices_of(self.catalogue, name.name):
            return f"VALUES_{safe(name.name)}[s.is_{name.name}]", True
        return f"s.tag_{safe(name.name)}", name.type != "set"


def tag_fields(catalogue: Catalogue, names: Iterable[str]) -> list[StateField]:
    """The value and since of each tag; a tag that is absent has the value None or 0, since 0."""
    fields = []
    for name in names:
        if choices_of(catalogue, name):
            value = choice_field(name)
        else:
            tag = catalogue.tags.get(name)
            types = {"set": list[str] | None, "value": str | None}
            value = StateField(
                f"tag_{name}", types.get(tag.kind, bool | None) if tag else bool | None, None
            )
        fields += [value, StateField(f"since_{name}", int, 0)]
    return fields


def _names(rule: Rule) -> Iterable[Name]:
    return names_in(rule.condition) if rule.condition is not None else ()


def _condition(rule: Rule) -> Expression:
    assert rule.condition is not None, "only `values` has `else`"
    return rule.condition


def _severity(kind: Kind) -> str:
    return kind.detector.severity
