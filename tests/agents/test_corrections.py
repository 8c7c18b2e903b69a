"""Overrides that no rule could give: rejected by the worker, by replay and by validate."""

import json
from pathlib import Path
from typing import Any

import pytest

from agents.applying import Applying
from agents.commands import run
from agents.corrections import refuse_impossible
from schemas.decode import Decoder
from schemas.events import Interaction, Profile
from schemas.rejects import Rejected
from tests.agents.test_applying import CATALOGUE, ENGINE, ONE_PARTITION, START, FakeRecord, state


def word(tag: str, value: Any) -> dict[str, Any]:
    """An override."""
    common = {"id": f"{tag}-{value}", "source": "app", "user_id": "u1", "time": START}
    return {**common, "type": "override", "tag": tag, "value": value}


def test_the_worker_sets_it_aside_as_a_bad_field_and_goes_on() -> None:
    work = Applying(state(), 0, ONE_PARTITION, Decoder("CNY"), (0,) * 5)
    lines = [word("activity", "boiling"), word("activity", "hot")]
    records = [FakeRecord(n, START, json.dumps(line).encode()) for n, line in enumerate(lines)]
    work.records(records, [2, 2])
    applied = work.finish((0, 0, 2, 0, 0))
    (reject,) = applied.rejects
    assert (reject.fault.reason, reject.record.offset) == ("bad_field", 0)
    assert "hot, warm, cold" in reject.fault.message
    assert [change.new for change in applied.calls[-1].changes] == ["hot"]


def test_replay_and_validate_reject_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue, file = tmp_path / "small.yaml", tmp_path / "events.ndjson"
    catalogue.write_text(CATALOGUE)
    lines = [word("activty", "hot"), word("activity", "hot"), word("payer", value=False)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setenv("TAGSTREAM_CATALOGUE", str(catalogue))
    assert run(["validate", str(file)]) == 1
    assert 'events.ndjson:1: bad_field: unknown tag "activty"' in capsys.readouterr().out
    assert run(["replay", str(file), "--out", str(tmp_path / "out")]) == 0
    (reject,) = (tmp_path / "out" / "rejects.ndjson").read_text().splitlines()
    assert json.loads(reject)["reason"] == "bad_field"
    (tags,) = (tmp_path / "out" / "tags.ndjson").read_text().splitlines()
    assert json.loads(tags) == {"user_id": "u1", "tags": {"activity": "hot"}}


def test_other_events_are_not_judged() -> None:
    common: dict[str, Any] = {"id": "1", "source": "app", "user_id": "u1", "time": START}
    refuse_impossible(Interaction(type="like", **common), ENGINE.domains)
    refuse_impossible(Profile(type="profile", attributes={}, tag="none", **common), ENGINE.domains)
    with pytest.raises(Rejected):
        refuse_impossible(Profile(type="override", tag="none", **common), ENGINE.domains)
