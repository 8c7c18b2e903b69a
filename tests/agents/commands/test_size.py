import json

import pytest

from agents.commands import run
from agents.topics.plan import CHANGELOG, EVENTS, REPLICAS
from streams.sizing import CHOSEN, Load, size

pytestmark = pytest.mark.usefixtures("environment")
CITY = ("size", "--events", "50000", "--users", "20000000")


def test_the_list_names_workers_partitions_and_memory(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*CITY, "--tags", "30"]) == 0
    said = capsys.readouterr().out
    found = size(Load(50_000, 20_000_000))
    for what in ("workers", "partitions", "memory of Redis", "changelog"):
        assert what in said
    assert f"{found.partitions}" in said


def test_json_has_the_load_and_all_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """The tags are those of the catalogue that is set, if none are given."""
    assert run([*CITY, "--json", "--changes", "0.2", "--event-bytes", "400"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["load"]["changes_an_event"] == 0.2
    assert said["load"]["tags"] > 20
    assert said["size"]["redis_share"] < 1


def test_a_load_above_one_redis_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["size", "--events", "1000000", "--users", "100000000", "--tags", "30"]) == 0
    assert "TOO MUCH. Deploy 57" in capsys.readouterr().out


def test_what_is_decided_elsewhere_is_the_same_here() -> None:
    """Copies and retention of topics.yaml."""
    retention = EVENTS["retention.ms"].value
    assert CHOSEN["keep_events_s"].value * 1000 == int(retention)
    assert CHOSEN["compaction_lag_s"].value * 1000 == int(CHANGELOG["min.compaction.lag.ms"].value)
    assert CHOSEN["replicas"].value == REPLICAS


def test_a_load_that_is_none_is_refused() -> None:
    assert run(["size", "--events", "0", "--users", "1"]) == 2
