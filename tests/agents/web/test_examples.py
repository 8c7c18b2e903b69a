"""The queries that the page offers to try."""

import re
from pathlib import Path

import pytest

import agents.web
from agents.matching.matcher import known_tags
from agents.matching.query import Every, Has, Not, Query, Some, parse
from tests.agents.web.serving import CATALOGUE

SOURCE = Path(agents.web.__file__).with_name("page") / "match.js"
EXAMPLES = re.findall(r'^  "(.+?)": \[(.*)\],$', SOURCE.read_text(encoding="utf-8"), re.MULTILINE)


def named(query: Query) -> dict[str, tuple[str, ...]]:
    """The tags of a query, and their values."""
    match query:
        case Has(tag, values):
            return {tag: values or ()}
        case Not(inner):
            return named(inner)
        case Every(queries) | Some(queries):
            return {tag: values for one in queries for tag, values in named(one).items()}


@pytest.mark.parametrize(("query", "needs"), EXAMPLES)
def test_an_example_fits_the_packaged_catalogue(query: str, needs: str) -> None:
    """Tags that it has, with values that they can have; and it says which ones it needs."""
    tags = named(parse(query, known_tags(CATALOGUE)))
    assert set(re.findall(r'"(\w+)"', needs)) == set(tags)
    for tag, values in tags.items():
        described = CATALOGUE.tags.get(tag)
        if described is not None and described.kind == "values":
            assert set(values) <= {str(rule.value) for rule in described.rules}


def test_there_are_examples() -> None:
    """The expression above still finds them."""
    assert len(EXAMPLES) >= 4
