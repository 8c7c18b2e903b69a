import pytest

from benchmarks.match import PARTITIONS, main, measure


def test_the_index_is_filled_and_asked() -> None:
    """All that it says it does, on fewer users."""
    figures = measure(4_000, 50)
    assert figures.users == 4_000
    assert figures.users % PARTITIONS == 0
    assert len(figures.queries_ms) == len(figures.changes_ms) == 50
    assert figures.memory_mb > 10


def test_it_prints_what_it_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """With what is to be reached beside it."""
    main(["--users", "2000", "--queries", "10"])
    assert "(to reach: p99 10)" in capsys.readouterr().out
