"""The taxonomy: what a catalogue can say about a user, as `dimension/tag/value` with reasons.

One look at a checked catalogue for everybody who shows it to people: the command line as a
tree, the docs as tables.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from streams.catalogue.model import Call, Catalogue, Measure, Rule, Tag
from streams.catalogue.names import SUMMARY, flag_of
from streams.catalogue.order import names_in, parts_of
from streams.catalogue.tags import DIMENSIONS

TITLES: Mapping[str, Mapping[str, str]] = {
    "customer": {"zh": "客户属性", "en": "Who the customer is"},
    "need": {"zh": "资金需求", "en": "What money is needed for"},
    "behaviour": {"zh": "行为特征", "en": "What the customer does"},
    "risk": {"zh": "风险特征", "en": "What may go wrong"},
    "composite": {"zh": "综合分群", "en": "What follows from all of it"},
    SUMMARY: {"zh": "异常", "en": "What should not happen"},
}
"""What the dimensions are called; the last one holds the flags of the detectors."""

_UNITS = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A tag: `values` with the rule of each, () where it may be any text or is a flag.

    `needs` are the measures and tags that its rules name; `goes` says when it ends or changes.
    """

    name: str
    dimension: str
    kind: str
    title: Mapping[str, str]
    description: str | None
    rules: tuple[Rule, ...]
    values: tuple[str, ...]
    levels: tuple[int, ...]
    needs: tuple[str, ...]
    goes: str

    @property
    def paths(self) -> tuple[str, ...]:
        """Where it stands in the taxonomy, a path a value."""
        path = f"{self.dimension}/{self.name}"
        return tuple(f"{path}/{value}" for value in self.values) or (path,)


def taxonomy(catalogue: Catalogue) -> Mapping[str, list[Entry]]:
    """All tags by dimension, those of the detectors last; dimensions without any are left out."""
    entries = [*(_entry(tag, catalogue) for tag in catalogue.tags.values()), *_anomalies(catalogue)]
    found = {
        dimension: [entry for entry in entries if entry.dimension == dimension]
        for dimension in (*DIMENSIONS, SUMMARY)
    }
    return {dimension: inside for dimension, inside in found.items() if inside}


def spelled(ms: int) -> str:
    """Return a duration in words.

    >>> spelled(7 * 86_400_000), spelled(5_400_000)
    ('7 days', '90 minutes')
    """
    size, unit = next(((size, unit) for size, unit in _UNITS if not ms % size), (1, "millisecond"))
    return f"{ms // size} {unit}{'' if ms == size else 's'}"


def _entry(tag: Tag, catalogue: Catalogue) -> Entry:
    return Entry(
        name=tag.name,
        dimension=tag.dimension,
        kind=tag.kind,
        title=tag.title,
        description=tag.description,
        rules=tag.rules,
        values=tuple(str(rule.value) for rule in tag.rules) if tag.kind == "values" else (),
        levels=tag.levels,
        needs=tuple(dict.fromkeys(_named(tag))),
        goes=_goes(tag, catalogue),
    )


def _anomalies(catalogue: Catalogue) -> Iterator[Entry]:
    """The flags that detectors make, and the summary."""
    for name, detector in catalogue.detectors.items():
        goes = f"{spelled(detector.flag)} after the last hit, by itself"
        said = f"{detector.kind}, {detector.severity}"
        yield Entry(flag_of(name), SUMMARY, "flag", detector.title, said, (), (), (), (), goes)
    if catalogue.detectors:
        title, said = (
            {"zh": "最高异常等级", "en": "Worst anomaly"},
            "The highest severity that is on.",
        )
        flags = tuple(map(flag_of, catalogue.detectors))
        values = ("info", "warning", "critical")
        what = (title, said, (), values, (), flags, "with the flags")
        yield Entry(SUMMARY, SUMMARY, "values", *what)


def _named(tag: Tag) -> Iterator[str]:
    for rule in tag.rules:
        if rule.condition is not None:
            yield from (name.name for name in names_in(rule.condition))


def _goes(tag: Tag, catalogue: Catalogue) -> str:
    """When the tag can end or change: by the clock, the profile, events or other tags."""
    reasons: list[str | None] = [*_by_age(tag)]
    for name in _named(tag):
        measure = catalogue.measures.get(name)
        reasons.append(_of_measure(measure, catalogue.timezone) if measure else f"with `{name}`")
    said = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    held = f"; stays {spelled(tag.hold)} at least" if tag.hold else ""
    return (said or "not by itself: only events change it") + held


def _by_age(tag: Tag) -> Iterator[str]:
    """What `days_since` and `hours_since` bring about."""
    for rule in tag.rules:
        for part in parts_of(rule.condition) if rule.condition else ():
            if isinstance(part, Call) and part.function in ("days_since", "hours_since"):
                [since] = names_in(part)
                yield f"by itself, as `{since.name}` becomes older"


def _of_measure(measure: Measure, timezone: str) -> str | None:
    """How a measure changes against the tag, if not by an event that feeds it."""
    if measure.window:
        return f"by itself, as events become older than {spelled(measure.window.width)}"
    if measure.days:
        return f"by itself, at midnight in {timezone}, as days fall out of {measure.days}"
    if measure.aggregate == "attribute":
        return "when the profile says otherwise"
    if measure.aggregate == "set" and measure.removes:
        return f"with the events {', '.join(measure.removes)}"
    return None
