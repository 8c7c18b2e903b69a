"""Reading event files line by line."""

from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.errors import WrongUse
from agents.offline.lines import LONGEST, Line, read_blocks, read_lines, require_files


def test_lines_are_numbered_from_1_and_blank_ones_skipped(tmp_path: Path) -> None:
    """A blank line keeps its number, so that editors lead to the right place."""
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"a\r\n\n  b \nc")
    assert list(read_lines(file, lambda _: None)) == [
        Line(str(file), 1, b"a"),
        Line(str(file), 3, b"b"),
        Line(str(file), 4, b"c"),
    ]


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST, LONGEST + 1, 3 * LONGEST + 5])
def test_a_line_without_end_is_cut_off_and_counted_once(length: int, tmp_path: Path) -> None:
    """A file that is no NDJSON must not fill the memory."""
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"x" * length + b"\nnext\n")
    first, second = read_lines(file, lambda _: None)
    assert len(first.data) == min(length, LONGEST)
    assert (second.number, second.data) == (2, b"next")


def test_progress_adds_up_to_the_size(tmp_path: Path) -> None:
    """So that the bar ends at 100 %."""
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"x" * 99 + b"\n" + b"\n".join([b"y" * 999] * 1000))
    told = list[int]()
    lines = list(read_lines(file, told.append))
    assert len(lines) == 1001
    assert sum(told) == require_files([file]) == file.stat().st_size
    assert len(told) > 2


def test_files_that_cannot_be_read_are_wrong_use(tmp_path: Path) -> None:
    """Before anything is done."""
    with pytest.raises(WrongUse, match="nowhere does not exist"):
        require_files([tmp_path / "nowhere"])
    with pytest.raises(WrongUse, match="cannot be read"):
        require_files([tmp_path])


@settings(deadline=None)  # a loaded machine
@given(st.lists(st.sampled_from([b"\n", b"\r\n", b"a", b" ", b"x" * 300_000, b"x" * LONGEST])))
def test_blocks_hold_the_lines_that_python_finds(parts: list[bytes]) -> None:
    """Wherever a block ends, also within a line or a line's end."""
    with NamedTemporaryFile() as file:
        file.write(b"".join(parts))
        file.flush()
        read, at = list[bytes](), 1
        for first, lines in read_blocks(Path(file.name), lambda _: None):
            assert (first, len(lines) > 0) == (at, True)
            at += len(lines)
            read += lines
    expected = b"".join(parts).split(b"\n")
    assert read == [line[:LONGEST] for line in expected[: len(expected) - (not expected[-1])]]
