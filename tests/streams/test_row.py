"""A row gives back what was frozen, small or large, and its header is read without it."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.override import Override
from streams.row import COMPRESSED, COMPRESSED_ABOVE, ERASED, RowCodec, State, deadline, is_known
from streams.windows import NEVER

LAYOUT = 0x8123_4567
words = st.text(max_size=40)
overrides = st.dictionaries(
    words, st.builds(Override, key=st.tuples(st.integers(0, 1 << 50), words, words))
)


@settings(deadline=None)
@given(
    st.integers(0, NEVER),
    st.integers(-1, 1 << 60),
    st.booleans(),
    st.none() | overrides,
    st.integers(0, 900),
)
def test_thawed_is_what_was_frozen(
    due: int,
    clk: int,
    known: bool,  # noqa: FBT001 - drawn
    corrected: dict[str, Override] | None,
    padding: int,
) -> None:
    """At every size around the one from which on bodies are compressed."""
    if corrected is not None:
        corrected["pad"] = Override((0, "app", "x" * padding))
    codec = RowCodec(State, LAYOUT)
    state = State(due, clk, known, offset_profiles=7, overrides=corrected)
    same = codec.copy(state)
    row = codec.freeze(state)
    assert codec.thaw(row) == same
    assert (deadline(row), is_known(row)) == (due, known)
    assert codec.other_layout(row) is None
    assert RowCodec(State, LAYOUT + 1).other_layout(row) == LAYOUT


def test_a_large_body_is_compressed_and_a_small_one_is_not() -> None:
    """The flag stands with the version, beside that of the erased."""
    codec = RowCodec(State, LAYOUT)
    for padding in (0, COMPRESSED_ABOVE - 50, COMPRESSED_ABOVE + 50, 10_000):
        state = State(1, 2, overrides={"tag": Override((0, "app", "x" * padding))})
        plain = len(msgspec.msgpack.encode(state))
        row = codec.freeze(state)
        assert row[0] & ERASED
        assert bool(row[0] & COMPRESSED) == (plain > COMPRESSED_ABOVE)
        assert len(row) <= min(plain + 13, COMPRESSED_ABOVE + 100)
