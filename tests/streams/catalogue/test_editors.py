from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from streams.catalogue.editors import json_schema
from tests.streams.catalogue.texts import EVERYTHING, HEAD

PACKAGED = Path(__file__).parents[3] / "schemas" / "catalogue"
VALIDATOR = Draft202012Validator(json_schema())


def accepted(text: str) -> bool:
    """Whether an editor would show no mistake."""
    return bool(VALIDATOR.is_valid(YAML(typ="safe", pure=True).load(text)))


def test_the_schema_is_a_schema() -> None:
    """Of JSON Schema draft 2020-12."""
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", sorted(PACKAGED.glob("*.yaml")), ids=lambda path: path.stem)
def test_editors_accept_the_packaged_catalogues(path: Path) -> None:
    """And the example that has everything."""
    assert accepted(path.read_text(encoding="utf-8"))
    assert accepted(EVERYTHING)


@pytest.mark.parametrize(
    "text",
    [
        "version: 1",
        "measures: {m: {cuont: [like]}}",
        "measures: {m: {count: [lik]}}",
        "measures: {m: {count: [like], window: 7}}",
        "measures: {m: {sum: amount}}",
        "measures: {M: {count: [like]}}",
        "tags: {t: {when: 1 > 2, dimension: riks}}",
        "tags: {t: {value: a, hold: 10m}}",
        "detectors: {d: {kind: velocity, of: [borrow]}}",
        "detectors: {d: {kind: velocty, of: [borrow], count: 3, within: 1h}}",
    ],
)
def test_editors_show_what_has_the_wrong_shape(text: str) -> None:
    """The first of the mistakes that `tagstream check` would find."""
    assert not accepted(text if text.startswith("version") else HEAD + text)
