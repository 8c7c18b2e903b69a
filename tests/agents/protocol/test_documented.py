"""docs/reliability.md and the code do not part ways."""

import re
from pathlib import Path

import pytest

from tests.agents.protocol.left_out import STEPS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
PLACES = sorted(set(re.findall(r"`(agents/[\w/]+\.\w+|streams/[\w/]+\.\w+)(?::(\w+))?`", PAGE)))
TESTS = sorted(set(re.findall(r"`(test_\w+)`", PAGE)))


@pytest.mark.parametrize("name", STEPS)
def test_every_step_that_is_left_out_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize(("file", "name"), PLACES)
def test_every_place_that_the_page_names_exists(file: str, name: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not name or re.search(rf"(def|class) {name}\b|^{name}\b", text, re.MULTILINE)


@pytest.mark.parametrize("name", TESTS)
def test_every_test_that_the_page_names_exists(name: str) -> None:
    files = (ROOT / "tests").rglob("test_*.py")
    assert any(f"def {name}(" in file.read_text(encoding="utf-8") for file in files)
