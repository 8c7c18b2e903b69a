import pytest

from benchmarks.lookup import main

pytestmark = pytest.mark.redis


def test_it_prints_what_it_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """Raw, by the client, pipelined."""
    main(["--users", "20", "--lookups", "200"])
    said = capsys.readouterr().out
    assert all(what in said for what in ("raw HGETALL", "tags(user)", "tags_of(100)"))
