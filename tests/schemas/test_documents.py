"""The documents are current, valid, and say the same as the decoder."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.alerts import Alert, Evidence, Title, encode_alert, evidence_of
from schemas.changes import EraseCause, EventCause, TagChange, Why, encode_change
from schemas.decode import Decoder, Rejected
from schemas.documents import documents, main
from tests.schemas.samples import (
    BORROW,
    COMMON,
    ENQUIRY,
    NOW,
    OVERRIDE,
    PROFILE,
    TOPIC_AND_EVENT,
    VISIT,
    encoded,
)

FOLDER = Path(__file__).parents[2] / "schemas"


def schema_of(name: str) -> Any:
    """Return a schema as it stands in the folder."""
    return json.loads((FOLDER / f"json/{name}.schema.json").read_text())


def accepted_by_schema(topic: str, value: bytes) -> bool:
    """Whether the JSON Schema has nothing against it."""
    return bool(Draft202012Validator(schema_of(topic)).is_valid(json.loads(value)))


def accepted_by_decoder(topic: str, value: bytes) -> bool:
    """Whether the decoder has nothing against it."""
    try:
        Decoder("CNY").decode(topic, value, (), NOW)
    except Rejected:
        return False
    return True


@pytest.mark.parametrize("path", sorted(documents()))
def test_the_documents_in_the_folder_are_current(path: str) -> None:
    """If this fails: `make schemas`."""
    assert (FOLDER / path).read_text() == documents()[path]


def test_writing_makes_folders_as_needed(tmp_path: Path) -> None:
    """As `make schemas` does it."""
    main(tmp_path / "new")
    written = {str(p.relative_to(tmp_path / "new")) for p in tmp_path.rglob("*.json")}
    assert written == set(documents())


@pytest.mark.parametrize("name", ["interactions", "transactions", "profiles", "changes", "alerts"])
def test_the_schemas_are_valid_schemas(name: str) -> None:
    """By the rules of draft 2020-12."""
    Draft202012Validator.check_schema(schema_of(name))


VALUES: list[tuple[str, dict[str, Any], str, list[Any]]] = [
    *(("interactions", VISIT, name, [None]) for name in (*COMMON, "type", "topic", "score")),
    ("interactions", VISIT, "id", ["", 5, "x" * 128, "x" * 129, "中" * 128]),
    ("interactions", VISIT, "user_id", ["a\nb", "a b", "a\x7f", "a\u0085", "é"]),
    ("interactions", VISIT, "duration_s", [0, -1, 86400, 86401, True, "1", 1.5, 5.0, 1e300]),
    ("interactions", VISIT, "content", ["", "x" * 4096, "x" * 4097]),
    ("interactions", VISIT, "score", [0, 1, 5, 6]),
    ("interactions", VISIT, "time", ["2026-01-01T00:00:00Z", "2026-01-01", "2026-01-01t00:00:00z"]),
    ("interactions", VISIT, "time", ["2026-01-01T00:00:00.55555+08:00", "2026-01-01T00:00:00"]),
    ("interactions", VISIT, "time", [0, 1.5, True, [], 253_402_300_800_000]),
    ("interactions", VISIT, "what", [None, {"a": [1]}, ""]),
    ("interactions", ENQUIRY, "purpose", ["other", "fun", 5]),
    ("transactions", BORROW, "amount", [None, 1, 0.01, 0, -1, 10**12, 10**12 + 1, True, []]),
    ("transactions", BORROW, "amount", ["1", "01.5", "1.234", "1e3", "", "+1"]),
    ("transactions", BORROW, "currency", ["CNY", "cny", None, 5]),
    ("transactions", COMMON, "type", ["borrow", "repay", "overdue", "default", "visit"]),
    ("profiles", COMMON, "type", ["profile", "override", "erase", "forget"]),
    ("profiles", PROFILE, "attributes", [{}, [], None, "a"]),
    ("profiles", OVERRIDE, "value", ["a", True, ["c1"], None, 5, [5], ""]),
    ("profiles", OVERRIDE, "until", [NOW, "soon", None]),
]
NOTHING: list[Any] = [{}, [], BORROW]
CASES: list[tuple[str, Any]] = [
    *TOPIC_AND_EVENT,
    *(("interactions", x) for x in NOTHING),
    *(("interactions", {k: v for k, v in VISIT.items() if k != name}) for name in COMMON),
    *((topic, sample | {name: x}) for topic, sample, name, values in VALUES for x in values),
]


@pytest.mark.parametrize(("topic", "event"), CASES, ids=range(len(CASES)))
def test_schema_and_decoder_agree(topic: str, event: Any) -> None:
    """Wherever JSON Schema has words for it."""
    value = encoded(event)
    assert accepted_by_schema(topic, value) == accepted_by_decoder(topic, value)


def test_our_output_follows_its_schema() -> None:
    """Changes and alerts as published, an erase among them."""
    cause = EventCause("interactions", 0, 7, "app", "e1")
    why = Why("n >= 1", {"n": 1})
    change = TagChange(1, "u1", "activity", None, "low", NOW, cause, why, "shop@1")
    erase = TagChange(2, "u1", None, None, None, NOW, EraseCause(), None, "shop@1")
    evidence = evidence_of([Evidence("app", "e1", NOW, 5)] * 12, count=12)
    alert = Alert(1, "u1", "d", "info", Title("快", "Fast"), NOW, cause, evidence, 0, stale=False)
    changes = Draft202012Validator(schema_of("changes"))
    changes.validate(json.loads(encode_change(change)))
    changes.validate(json.loads(encode_change(erase)))
    Draft202012Validator(schema_of("alerts")).validate(json.loads(encode_alert(alert)))


def references(part: Any) -> list[str]:
    """Return every `$ref` of a document."""
    if isinstance(part, dict):
        found = [part["$ref"]] if "$ref" in part else []
        return found + [ref for inner in part.values() for ref in references(inner)]
    return [ref for inner in part for ref in references(inner)] if isinstance(part, list) else []


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    """To a part of the document or to a file beside it."""
    document = json.loads((FOLDER / "asyncapi.json").read_text())
    for reference in references(document):
        if reference.startswith("./"):
            assert (FOLDER / reference).is_file()
            continue
        part = document
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]
    assert document["asyncapi"].startswith("3.")
    assert set(document["channels"]) >= {"interactions", "transactions", "profiles", "changes"}
