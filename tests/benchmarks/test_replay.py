import json

import pytest

from benchmarks.replay import ASKED, main


def test_both_inputs_are_replayed_by_the_command_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """With its results, its time and its memory."""
    main(["--events", "2000", "--users", "100", "--runs", "1", "--processes", "2", "--json"])
    told = json.loads(capsys.readouterr().out)
    found, rates = told["runs"], told["rates"]
    assert {rate["what"]: rate["asked"] for rate in rates} == ASKED
    assert all(0 < rate["least"] <= rate["middle"] <= rate["most"] for rate in rates)
    assert [figure["what"] for figure in found] == [*ASKED]
    for figure in found:
        assert figure["events"] == 2_000
        assert figure["changes"] > 200
        assert figure["cpu_s"] > 0
        assert figure["rss_mb"] > 20
