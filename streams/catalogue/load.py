"""From YAML text to a checked `Catalogue`, or to all of its mistakes at once.

The way: text -> `tree` (positions) -> header, measures, detectors -> names -> tags -> order.
Tags come last, because their rules may name everything else.
"""

import re
from zoneinfo import ZoneInfo, available_timezones

from streams.catalogue.detectors import read_detectors
from streams.catalogue.expressions.scope import Symbol, rules_scope
from streams.catalogue.faults import CatalogueError, Faults, Place, suggest
from streams.catalogue.fields import Fields
from streams.catalogue.measures import read_measures
from streams.catalogue.model import Catalogue, Detector, Measure, Tag
from streams.catalogue.names import SUMMARY, check_name, check_unique, flag_of
from streams.catalogue.order import cycles, needs_of
from streams.catalogue.tags import Outline, outlines, read_tag
from streams.catalogue.tree import Entries, Scalar, Tree, parse

SECTIONS = ("measures", "tags", "detectors")
MOST = 1_000
"""Entries of a section: far more than anybody reads, few enough to compile in seconds."""
KEYS = ("catalogue", "version", "currency", "timezone", "forget_after", *SECTIONS)
_NAME = re.compile(r"[a-z0-9-]{1,63}")
_CURRENCY = re.compile(r"[A-Z]{3}")


def load(text: str, name: str) -> Catalogue:
    """The catalogue in `text`; `name` is what messages call it, usually its path.

    CatalogueError with every mistake there is; no other exception, whatever the text.
    """
    faults = Faults()
    tree = parse(text, faults)
    catalogue = _read(tree, faults) if not len(faults) or tree else None
    if catalogue is None or len(faults):
        raise CatalogueError(name, faults.in_order())
    return catalogue


def _read(tree: Tree | None, faults: Faults) -> Catalogue | None:
    """The parts of the catalogue; None if there is nothing to read."""
    if tree is None:
        faults.add(Place(1, 1), "the catalogue is empty")
        return None
    root = Fields("a catalogue", tree.place, tree, faults)
    root.only(KEYS)
    sections = {section: _section(root, section) for section in SECTIONS}
    measures = read_measures(sections["measures"], faults)
    detectors = read_detectors(sections["detectors"], faults)
    drafts = outlines(sections["tags"], faults)
    _check_names(sections, detectors, faults)
    tags = _read_tags(drafts, measures, detectors)
    _refuse_cycles(drafts, tags, faults)
    return _assembled(root, measures, tags, detectors)


def _assembled(
    root: Fields,
    measures: dict[str, Measure | None],
    tags: dict[str, Tag | None],
    detectors: dict[str, Detector | None],
) -> Catalogue:
    """Header and sections in one; parts that are wrong are left out, and reported."""
    root.need("catalogue", "version")
    return Catalogue(
        name=_matching(root, "catalogue", _NAME, "small letters, digits and -") or "",
        version=root.integer("version", 0, 10**9) or 0,
        currency=_matching(root, "currency", _CURRENCY, "an ISO 4217 code such as CNY") or "CNY",
        timezone=_timezone(root) or "UTC",
        forget_after=root.duration("forget_after"),
        measures={name: measure for name, measure in measures.items() if measure},
        tags={name: tag for name, tag in tags.items() if tag},
        detectors={name: detector for name, detector in detectors.items() if detector},
    )


def _section(root: Fields, section: str) -> Entries | None:
    """The mapping under `measures`, `tags` or `detectors`; nothing there is an empty one."""
    tree = root.get(section)
    if isinstance(tree, Entries):
        for name, _ in tree.entries[MOST : MOST + 1]:
            said = f'"{section}" has at most {MOST:,} entries, not {len(tree.entries):,}'
            root.wrong(name.place, said)
        return tree
    if tree is None:
        return None
    if not (isinstance(tree, Scalar) and tree.kind == "nothing"):
        Fields(f'"{section}"', tree.place, tree, root.faults)  # says that it must be a mapping
    return None


def _check_names(
    sections: dict[str, Entries | None], detectors: dict[str, Detector | None], faults: Faults
) -> None:
    """Names are well-formed, and measures and tags do not share any."""
    names = {key: [n for n, _ in tree.entries] if tree else [] for key, tree in sections.items()}
    for name in (name for section in names.values() for name in section):
        check_name(name, faults)
    made = [*map(flag_of, detectors), SUMMARY] if detectors else []
    check_unique(names["measures"], names["tags"], made, faults)


def _read_tags(
    drafts: list[Outline],
    measures: dict[str, Measure | None],
    detectors: dict[str, Detector | None],
) -> dict[str, Tag | None]:
    """All tags by name, their rules checked against everything that has a name."""
    symbols = _symbols(measures, drafts, detectors)
    scope = rules_scope(symbols)
    return {draft.name.text: read_tag(draft, scope) for draft in drafts}


def _symbols(
    measures: dict[str, Measure | None],
    drafts: list[Outline],
    detectors: dict[str, Detector | None],
) -> dict[str, Symbol]:
    """What rules can name: measures, tags, and the tags that detectors make."""
    symbols = {draft.name.text: draft.symbol() for draft in drafts}
    symbols |= {
        name: Symbol(name, "measure", measure.type if measure else None)
        for name, measure in measures.items()
    }
    symbols |= {flag_of(name): Symbol(flag_of(name), "tag", "bool") for name in detectors}
    if detectors:
        symbols[SUMMARY] = Symbol(SUMMARY, "tag", "text", ("info", "warning", "critical"))
    return symbols


def _refuse_cycles(drafts: list[Outline], tags: dict[str, Tag | None], faults: Faults) -> None:
    """A tag may not need itself, however indirectly."""
    needs = {name: needs_of(tag) if tag else frozenset() for name, tag in tags.items()}
    places = {draft.name.text: draft.name.place for draft in drafts}
    for cycle in cycles(needs):
        circle = " -> ".join(cycle)
        faults.add(places[cycle[0]], f"tags need each other in a circle: {circle}")


def _matching(root: Fields, key: str, pattern: re.Pattern[str], said: str) -> str | None:
    """A text of a certain form."""
    text = root.text(key)
    if text is not None and not pattern.fullmatch(text):
        root.wrong(root.value_place(key), f'"{key}" must be {said}, not {text}')
    return text


def _timezone(root: Fields) -> str | None:
    """The name of a time zone that is known here."""
    name = root.text("timezone")
    try:
        return ZoneInfo(name).key if name else None
    except (LookupError, ValueError, OSError):
        close = suggest(str(name), available_timezones()) or ", for example Asia/Shanghai"
        root.wrong(root.value_place("timezone"), f'unknown time zone "{name}"{close}')
    return None
