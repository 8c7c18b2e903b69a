"""Numbers that fall, and a zombie that nobody refused."""

from dataclasses import replace

import pytest

from tests.chaos.invariants.ownership import Zombie, unnoticed, usurped
from tests.chaos.small.sampled import sample


@pytest.mark.parametrize("name", ["epoch", "seq", "clock"])
def test_i7_a_number_that_fell_is_found(name: str) -> None:
    fell = sample(1, 2, 3, **{name: "1"})
    assert list(usurped([sample(1, 2, 3), sample(1, 2, 3)])) == []
    (found,) = usurped([sample(1, 2, 3), fell])
    assert f"{name} fell" in found
    for losses in ((0, 1), (1, 1), (2, 2)):  # while it lost data, and after it had
        assert list(usurped([sample(1, 2, 3), replace(fell, losses=losses)])) == []


def test_i7_a_clock_that_falls_where_a_new_run_begins_is_no_violation() -> None:
    """Until its end a new run shows the clock of the one before, which lost calls had moved."""
    built = sample(1, 2, 3, run="b", building="3")
    assert list(usurped([built, sample(1, 2, 3, run="b", clock="6")])) == []
    assert len(list(usurped([built, sample(1, 2, 3, run="b", epoch="4")]))) == 1


def test_i7_a_zombie_that_was_never_refused_is_found() -> None:
    assert list(unnoticed([Zombie("a", 2, 1.0), Zombie("b", 0, 0.0)])) == []
    assert len(list(unnoticed([Zombie("a", 2, 0.0)]))) == 1
