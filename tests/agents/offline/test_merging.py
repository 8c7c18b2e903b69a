"""Lines of several shares become one sequence, as soon as no share can get ahead of them."""

from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.offline.batches import AT_DEADLINE, AT_EVENT, FIRST, LAST, Batch, Place
from agents.offline.merging import Merge
from agents.offline.sink import ALERTS, CHANGES

TIMES = st.integers(0, 5)
PLACES: st.SearchStrategy[Place] = st.one_of(
    st.tuples(TIMES, st.just(AT_EVENT), st.integers(1, 9)),
    st.tuples(TIMES, st.just(AT_DEADLINE), st.sampled_from("abc")),
)
TOLD = st.tuples(PLACES, st.sampled_from([CHANGES, ALERTS]), st.integers(0, 2))
"""A line's place and file, and a cut that may follow it."""


def batches_of(lines: list[tuple[Place, str, int]], part: int) -> list[Batch]:
    """Make the batches of a share that tells these lines: the last one at LAST."""
    batches, rest = list[Batch](), list[tuple[Place, str]]()
    ordered = sorted((place, name, cut) for place, name, cut in lines)
    for place, group in groupby(ordered, key=lambda line: line[0]):
        told = list(group)  # a place is never cut in two
        rest += [(place, name) for _, name, _ in told]
        if told[-1][2]:
            batches.append(_batch(place, rest, part))
            rest = []
    return [*batches, _batch(LAST, rest, part)]


def _batch(upto: Place, lines: list[tuple[Place, str]], part: int) -> Batch:
    by_file: dict[str, tuple[list[Place], bytes]] = {}
    for place, name in lines:
        places, text = by_file.get(name, ([], b""))
        by_file[name] = [*places, place], text + b"%r %d\n" % (place, part)
    return Batch(upto, by_file)


@settings(deadline=None)
@given(st.lists(st.lists(TOLD, max_size=15), min_size=1, max_size=4))
def test_lines_come_in_the_order_of_their_places(
    shares: list[list[tuple[Place, str, int]]],
) -> None:
    """However they were cut into batches; each place belongs to one share."""
    owner: dict[Place, int] = {}
    for part, lines in enumerate(shares):
        for place, _, _ in lines:
            owner.setdefault(place, part)
    mine = [[one for one in lines if owner[one[0]] == part] for part, lines in enumerate(shares)]
    told = [iter(batches_of(lines, part)) for part, lines in enumerate(mine)]
    merge, found = Merge(len(shares)), dict[str, list[bytes]]()
    while (behind := merge.behind) is not None:
        for name, ready in merge.take(behind, next(told[behind])):
            found.setdefault(name, []).extend(ready)
    everything = sorted((place, name) for lines in mine for place, name, _ in lines)
    for name in (CHANGES, ALERTS):
        expected = [b"%r %d" % (place, owner[place]) for place, n in everything if n == name]
        assert found.get(name, []) == expected


def test_a_line_waits_until_no_share_can_get_ahead_of_it() -> None:
    """And no longer: what waits is bounded by the batches."""
    merge = Merge(2)
    early: Place = (1, AT_EVENT, 1)
    assert merge.behind == 0
    assert not dict(merge.take(0, _batch(early, [(early, CHANGES)], 0)))[CHANGES]
    assert merge.behind == 1
    late: Place = (2, AT_DEADLINE, "u")
    assert len(dict(merge.take(1, _batch(late, [(late, CHANGES)], 1)))[CHANGES]) == 1
    assert merge.behind == 0
    assert min(FIRST, early, late, LAST) == FIRST
