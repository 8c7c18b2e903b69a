"""Catalogues for tests: one that has a bit of everything, and a short way to write small ones."""

from pathlib import Path

from streams.catalogue.faults import CatalogueError, Fault
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue, Expression

PAGE = (Path(__file__).parents[3] / "docs" / "language.md").read_text(encoding="utf-8")
HEAD = "catalogue: shop\nversion: 1\n"

EVERYTHING = PAGE.partition("```yaml\n")[2].partition("```\n")[0]
"""A bit of everything that a catalogue can say: the example of docs/language.md."""

MEASURES = """\
measures:
  seen: {count: [visit], window: 7d, step: 6h}
  spent: {sum: amount, of: [payment]}
  last_seen: {last: time, of: [visit]}
  last_paid: {last: time, of: [payment]}
  grade: {attribute: grade}
  checked: {attribute: checked, type: bool}
  clubs: {set: community_id, add: [join], remove: [leave]}
tags:
  level: {values: {high: seen >= 5, low: else}}
  member_of: {set: clubs}
"""
"""One measure or tag of each type, for expressions."""


def faults_of(text: str) -> list[Fault]:
    """What is wrong with a text; empty if it is a catalogue."""
    try:
        load(text, "test.yaml")
    except CatalogueError as error:
        return error.faults
    return []


def messages_of(text: str) -> list[str]:
    """The same without the places."""
    return [fault.message for fault in faults_of(text)]


def with_rule(rule: str) -> Catalogue:
    """A catalogue whose tag `flag` has this condition."""
    quoted = rule.replace('"', '\\"')
    return load(f'{HEAD}{MEASURES}  flag: {{when: "{quoted}"}}\n', "test.yaml")


def condition(rule: str) -> Expression:
    """The checked form of a condition over `MEASURES`."""
    found = with_rule(rule).tags["flag"].rules[0].condition
    assert found is not None
    return found
