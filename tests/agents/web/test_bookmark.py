"""Ids of stream events."""

from hypothesis import given
from hypothesis import strategies as st

from agents.redis.news import Position
from agents.web.bookmark import Bookmark, positions_at

RUNS = st.text("0123456789abcdef", min_size=32, max_size=32)
PLACES = st.lists(st.tuples(RUNS, st.integers(0, 2**53)), min_size=1, max_size=20)


@given(PLACES)
def test_an_id_leads_back_to_every_position(places: list[tuple[str, int]]) -> None:
    """However it came about; where nothing was read there is none."""
    mark = Bookmark({}, len(places))
    for partition, (run, seq) in reversed(list(enumerate(places))):
        mark.moved(partition, Position("earlier", 1))
        mark.moved(partition, Position(run, seq))
    expected = {p: Position(run, seq) for p, (run, seq) in enumerate(places) if seq}
    assert positions_at(mark.id, [run for run, _ in places]) == expected


@given(PLACES, RUNS)
def test_a_position_of_another_run_is_known_as_such(
    places: list[tuple[str, int]], other: str
) -> None:
    """So that the reader of streams tells of a new run."""
    mark = Bookmark({p: Position(run, seq + 1) for p, (run, seq) in enumerate(places)}, len(places))
    found = positions_at(mark.id, [other] * len(places))
    for partition, (run, _) in enumerate(places):
        assert (found[partition].run == other) == (run == other)
