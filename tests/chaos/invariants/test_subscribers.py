"""Changes told in the wrong order, twice or not at all."""

import pytest

from schemas.changes import EraseCause, TagChange
from tests.chaos.invariants.subscribers import Told, falling, unequal, untold
from tests.chaos.partition import Partition


def test_i4_a_number_that_comes_again_is_found() -> None:
    told = [
        TagChange(number, user, None, None, None, 0, EraseCause(), None, "c@1")
        for number, user in ((1, "u1"), (2, "u2"), (1, "u2"))
    ]
    assert list(falling(told[:2])) == []
    assert list(falling(told)) == ["I4: u2 was told 1 after 2"]


TOLD = [
    Told("begin", "", -1, "first"),
    Told("end", "a", 4),
    Told("change", "a", 5),
    Told("begin", "a", 5, "new run"),
    Told("end", "b", 1_000_005),
    Told("change", "b", 1_000_006),
]


def test_i10_a_gap_that_was_told_is_no_violation() -> None:
    assert list(untold(TOLD)) == []


def test_i10_a_snapshot_that_broke_off_is_no_violation() -> None:
    """The reader comes back with what it knew before."""
    assert list(untold([*TOLD[:4], *TOLD[3:]])) == []
    assert len(list(untold(TOLD[3:]))) == 1


@pytest.mark.parametrize("missing", [2, 3, 4])
def test_i10_a_gap_that_was_not_told_is_found(missing: int) -> None:
    told = [*TOLD[:missing], *TOLD[missing + 1 :], Told("change", "b", 1_000_008)]
    assert len(list(untold(told))) == 1


def test_i10_a_subscriber_with_other_tags_is_found(right: Partition) -> None:
    shown = {0: right.end.hashes}
    assert list(unequal(shown, shown)) == []
    lacking = {user: tags for user, tags in right.end.hashes.items() if user != "u1"}
    assert len(list(unequal({0: lacking}, shown))) == 1
    assert len(list(unequal({}, shown))) == 1
