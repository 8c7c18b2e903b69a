import pytest

from benchmarks.http import main

pytestmark = pytest.mark.redis


def test_it_prints_what_it_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """Times of right answers at a steady rate."""
    main(["--users", "50", "--rate", "100", "--seconds", "1", "--connections", "4"])
    said = capsys.readouterr().out
    assert "answers                100 (0 wrong)" in said
    assert "p99" in said
