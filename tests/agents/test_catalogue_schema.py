"""Tests of agents/catalogue_schema.py."""

from agents.catalogue_schema import schema_text
from agents.settings import PACKAGED_CATALOGUE


def test_the_schema_in_the_repository_is_the_one_of_the_code() -> None:
    """`make schemas` writes it anew."""
    written = PACKAGED_CATALOGUE.with_name("catalogue.schema.json").read_text(encoding="utf-8")
    assert written == schema_text()
