from pathlib import Path

from agents.catalogue_page import packaged_page

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"


def test_the_page_in_the_docs_is_that_of_the_packaged_catalogue() -> None:
    """If not: `make schemas`."""
    assert PAGE.read_text(encoding="utf-8") == packaged_page()
