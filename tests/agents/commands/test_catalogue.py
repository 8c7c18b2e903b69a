"""`tagstream catalogue show`."""

import json
from pathlib import Path

import pytest

from agents.commands import run

pytestmark = pytest.mark.usefixtures("environment")
SHOP = "schemas/catalogue/online_shop.yaml"
ROOT = Path(__file__).parents[3]


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What it prints."""
    assert run(["catalogue", "show", *arguments]) == 0
    return capsys.readouterr().out


def test_the_packaged_taxonomy_is_a_tree(capsys: pytest.CaptureFixture[str]) -> None:
    """Dimensions, tags and values with titles in both languages, nothing cut off."""
    tree = shown(capsys)
    assert tree.startswith("community-lending@1\n├── customer ")
    assert (
        "│   ├── representative_age  法定代表人年龄段 · Age of the legal representative (any"
        in tree
    )
    assert "│   │   └── silent  else" in tree


def test_json_has_paths_rules_and_levels(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs."""
    found = json.loads(shown(capsys, str(ROOT / SHOP), "--json"))
    assert found["catalogue"] == "online-shop@1"
    tags = {tag["name"]: tag for tag in found["tags"]}
    assert tags["buyer"]["paths"][0] == "behaviour/buyer/regular"
    assert tags["buyer"]["rules"][0] == {"value": "regular", "rule": "purchases_90d >= 3"}
    assert tags["buyer"]["title"] == {"zh": "购买频次", "en": "Buyer"}


def test_compiled_is_python_that_leads_back_to_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    """The catalogue's names and lines, and no line too long to read."""
    source = shown(capsys, "--compiled")
    compile(source, "compiled", "exec")
    line = (
        (ROOT / "schemas/catalogue/community_lending.yaml")
        .read_text()
        .splitlines()
        .index("  scale:")
    )
    assert f'def decide_scale(s, at, moves):\n    """Tag scale (line {line + 1})."""' in source


def test_a_broken_catalogue_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All mistakes are told, no traceback."""
    file = tmp_path / "broken.yaml"
    file.write_text("catalogue: x\n")
    assert run(["catalogue", "show", str(file)]) == 2
    assert 'a catalogue needs "version"' in capsys.readouterr().err
