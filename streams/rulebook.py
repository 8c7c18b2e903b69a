"""Which rule gives a tag its value: what the `why` of a tag that did not change must name.

The figures in a `why` are those of the moment of its change, which no state keeps. The rule is
known for ever: a value of a tag has one rule, so its text follows from catalogue, tag and value.
Only a catalogue that changed leaves texts of another one behind, where the value stayed as it was
(a `why` comes with its change, and without a change nobody writes it anew).
"""

import ast
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from schemas.changes import TagValue
from streams.catalogue.model import Catalogue
from streams.catalogue.names import SUMMARY, flag_of
from streams.compiler.layout import Described
from streams.compiler.tags import SUMMARY_TEXT
from streams.detectors import kinds_of

_Place = tuple[str, str | None]
"""A tag, and its value if it has a rule for each."""


class Rulebook:
    """The rules of a catalogue, by the tag and the value that they give.

    `earlier`: the layouts of other catalogues, as the changelog describes them. Where one of
    them decided a value otherwise, any text may stand.
    """

    def __init__(
        self, catalogue: Catalogue, ours: Described, earlier: Iterable[Described] = ()
    ) -> None:
        self._texts = dict(_texts(catalogue))
        self._exclusive = {name for name, value in self._texts if value is not None}
        self._otherwise = set[_Place]()
        decided = _decided(ours)
        for layout in earlier:
            for place, how in _decided(layout).items():
                if how != decided.get(place):
                    # another kind of tag: its one rule stood for all values
                    self._otherwise.add(place if place in decided else (place[0], None))

    def text(self, tag: str, value: TagValue) -> str:
        """The rule that gives the tag this value, in the words of the catalogue."""
        return self._texts[self._place(tag, value)]

    def explains(self, tag: str, value: TagValue, text: str) -> bool:
        """Whether a `why` may name this rule for the tag and its value."""
        place = self._place(tag, value)
        ours = self._texts[place]
        if text == ours or same_words(text, ours):
            return True
        return not self._otherwise.isdisjoint({place, (tag, None)})

    def _place(self, tag: str, value: TagValue) -> _Place:
        return tag, str(value) if tag in self._exclusive else None


@lru_cache(maxsize=1_024)  # a rule that was reworded is that of many users
def same_words(text: str, other: str) -> bool:
    """Whether two rules differ in blanks, quotes and needless parentheses only.

    >>> same_words("likes>=5", "(likes >= 5)"), same_words("likes >= 5", "likes >= 50")
    (True, False)
    """
    try:
        return ast.dump(ast.parse(text, mode="eval")) == ast.dump(ast.parse(other, mode="eval"))
    except (SyntaxError, ValueError):  # an override, a detector: texts for people
        return False


def _texts(catalogue: Catalogue) -> Iterable[tuple[_Place, str]]:
    for tag in catalogue.tags.values():
        for rule in tag.rules:
            yield (tag.name, str(rule.value) if tag.kind == "values" else None), rule.text
    for name, kind in kinds_of(catalogue).items():
        yield (flag_of(name), None), kind.text
    yield (SUMMARY, None), SUMMARY_TEXT


def _decided(layout: Described) -> Mapping[_Place, Any]:
    """How a layout's catalogue decides each value; without the words that it has for it."""
    tags = layout.decided_by.get("tags", ())
    rules = ((tag, rule) for tag in tags for rule in tag["rules"])
    return {
        (tag["name"], rule.get("value") if tag["kind"] == "values" else None): rule["condition"]
        for tag, rule in rules
    } | {
        (flag_of(part.removeprefix("detector ")), None): definition
        for part, definition in layout.definitions.items()
        if part.startswith("detector ")
    }
