"""Remembered events: no false alarm across two hashes, no more than 32."""

from hypothesis import given
from hypothesis import strategies as st

from streams.repeats import KEPT, WIDTH, is_repeat, mark


@given(
    st.lists(st.binary(min_size=WIDTH, max_size=WIDTH)), st.binary(min_size=WIDTH, max_size=WIDTH)
)
def test_only_whole_hashes_are_found(digests: list[bytes], asked: bytes) -> None:
    """As if they stood in a list."""
    assert is_repeat(b"".join(digests), asked) == (asked in digests)


def test_a_hash_across_the_border_of_two_others_is_not_found() -> None:
    """Unless it stands behind them once more."""
    across = b"\0\0\0\1\1\1"
    seen = b"\1\1\1\0\0\0" + b"\1\1\1\2\2\2"
    assert across in seen
    assert not is_repeat(seen, across)
    assert is_repeat(seen + across, across)


def test_source_and_id_are_kept_apart() -> None:
    """`ab` + `c` is another event than `a` + `bc`."""
    assert mark("ab", "c") != mark("a", "bc")
    assert 32 * len(mark("a", "b")) == KEPT
