"""A catalogue as a page of documentation: tables that a business person can read."""

from collections.abc import Iterable, Iterator, Sequence

from streams.catalogue.model import Catalogue, Detector, Measure
from streams.catalogue.taxonomy import TITLES, Entry, spelled, taxonomy

_HEAD = """\
# The catalogue {id}

Made from `{source}` by `make schemas`: change that file, not this one. `tagstream catalogue show`
prints the same as a tree, `tagstream why USER` the rule behind each tag that a user has. What
rules mean: [language.md](language.md).

{tags} tags from {measures} measures; {detectors} detectors. Amounts are in {currency}, days are
those of {timezone}.{forgotten}
"""
_A_FEW_LINES = 250  # characters
_KEPT = {
    "values": "the first that holds",
    "flag": "yes, or no tag",
    "value": "any text",
    "set": "any number of texts",
}


def page(catalogue: Catalogue, source: str) -> str:
    """Return the page as Markdown; `source` is the path of the catalogue's file."""
    parts = [_head(catalogue, source)]
    for dimension, entries in taxonomy(catalogue).items():
        title = TITLES[dimension]
        parts.append(f"## {dimension}: {title['en']} {title['zh']}\n\n{_tags(entries)}")
    parts.append(f"## Measures\n\n{_measures(catalogue.measures.values())}")
    if catalogue.detectors:
        parts.append(f"## Detectors\n\n{_detectors(catalogue.detectors.values())}")
    return "\n".join(parts)


def _head(catalogue: Catalogue, source: str) -> str:
    forget = catalogue.forget_after
    return _HEAD.format(
        id=catalogue.id,
        source=source,
        tags=len(catalogue.tags),
        measures=len(catalogue.measures),
        detectors=len(catalogue.detectors),
        currency=catalogue.currency,
        timezone=catalogue.timezone,
        forgotten=f" A user without any event for {spelled(forget)} is forgotten."
        if forget
        else "",
    )


def _tags(entries: Iterable[Entry]) -> str:
    head = ("tag", "title", "why it is there", "values", "what it needs", "when it goes or changes")
    return _table(head, map(_tag, entries))


def _tag(entry: Entry) -> Sequence[str]:
    return (
        f"`{entry.name}`",
        f"{entry.title['zh']}<br>{entry.title['en']}",
        entry.description or "",
        "<br>".join(_values(entry)),
        " ".join(f"`{name}`" for name in entry.needs),
        entry.goes,
    )


def _values(entry: Entry) -> Iterator[str]:
    """Each value with its rule, in the order in which they are tried."""
    if entry.kind == "values" and entry.rules:
        yield from (f"**{rule.value}**: {_rule(rule.text)}" for rule in entry.rules)
    elif entry.values:
        yield from (f"**{value}**" for value in entry.values)
    else:
        shown = f": {_rule(entry.rules[0].text)}" if entry.kind == "flag" and entry.rules else ""
        yield _KEPT[entry.kind] + shown
        if entry.levels:
            yield f"levels of {', '.join(map(str, entry.levels))} characters"


def _rule(text: str) -> str:
    """A rule; one as long as a table, a line for each case."""
    if len(text) <= _A_FEW_LINES:
        return f"`{text}`"
    return "<br>or ".join(f"`{case}`" for case in text.split(" or "))


def _measures(measures: Iterable[Measure]) -> str:
    head = ("measure", "what it is", "of", "how far back")
    return _table(head, ((f"`{m.name}`", _what(m), _of(m), _reach(m)) for m in measures))


def _what(measure: Measure) -> str:
    if measure.attribute:
        return f"profile attribute `{measure.attribute}` ({measure.attribute_type})"
    if measure.points:
        return "points: " + ", ".join(f"{kind} {n}" for kind, n in measure.points.items())
    return f"{measure.aggregate} {measure.field}" if measure.field else measure.aggregate


def _of(measure: Measure) -> str:
    adds, removes = ", ".join(measure.types), ", ".join(measure.removes)
    where = f" where `{measure.where_text}`" if measure.where_text else ""
    return adds + (f"; gone with {removes}" if removes else "") + where


def _reach(measure: Measure) -> str:
    if measure.window:
        return f"{spelled(measure.window.width)}, in steps of {spelled(measure.window.step)}"
    return f"{measure.days} calendar days" if measure.days else "for ever"


def _detectors(detectors: Iterable[Detector]) -> str:
    head = ("detector", "title", "kind", "severity", "looks at", "quiet after an alert")
    return _table(
        head,
        (
            (
                f"`{d.name}`",
                f"{d.title['zh']}<br>{d.title['en']}",
                *(d.kind, d.severity),
                ", ".join(d.of) + (f" where `{d.where_text}`" if d.where_text else ""),
                spelled(d.cooldown),
            )
            for d in detectors
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
