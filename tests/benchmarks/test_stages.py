import asyncio

import pytest

from benchmarks.stages import STAGES, inputs, main, microseconds, run


def test_all_stages_are_measured_and_do_their_work() -> None:
    """Changes reach Redis' protocol, rows the changelog's batches."""
    costs = asyncio.run(run(3_000))
    figures = microseconds([costs], 3_000)
    assert all(figures[stage] > 0 for stage in STAGES)
    assert figures["total"] == pytest.approx(sum(figures[stage] for stage in STAGES))
    assert costs.changes > 300
    assert costs.rows >= 200
    assert costs.bytes_to_redis > 300 * costs.changes
    assert costs.bytes_to_changelog > 10 * costs.rows


def test_offsets_of_each_topic_are_dense() -> None:
    """As Kafka gives them."""
    records = list(inputs(500))
    for topic in (0, 1):
        mine = [record.offset for record in records if record.topic == topic]
        assert mine == list(range(len(mine)))


def test_it_prints_what_it_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """A line a stage, for people."""
    main(["--job", "packaged", "--events", "2000", "--runs", "1", "--checkpoint", "500"])
    said = capsys.readouterr().out
    assert all(stage in said for stage in (*STAGES, "total"))
