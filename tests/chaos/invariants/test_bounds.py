"""Too much memory, and a stream that is not cut."""

from tests.chaos.invariants.bounds import overlong, unbounded


def test_i11_memory_beyond_the_limit_is_found() -> None:
    assert list(unbounded({"a": 80.0}, 400.0)) == []
    assert len(list(unbounded({"a": 401.0}, 400.0))) == 1


def test_i11_a_stream_that_is_not_cut_is_found() -> None:
    assert list(overlong({"changes": 1_100}, 1_000)) == []
    assert len(list(overlong({"changes": 1_201}, 1_000))) == 1
