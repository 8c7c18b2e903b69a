"""A seed is a plan: the same every time, and seeds in a row see every fault."""

from tests.chaos.faults import FAULTS
from tests.chaos.plan import PER_SEED, SHORT, plan_of

KINDS = list(FAULTS)


def test_the_same_seed_gives_the_same_plan() -> None:
    assert plan_of(7, KINDS, 12) == plan_of(7, KINDS, 12)
    assert plan_of(7, KINDS, 12) != plan_of(8, KINDS, 12)


def test_every_fault_is_dealt_equally_often() -> None:
    """Whatever the number of faults a seed: two decks' worth deal each card once to three times."""
    for faults in (SHORT, PER_SEED):
        seeds = range(1, 1 + 2 * len(KINDS) // faults + 1)
        dealt = [step.kind for seed in seeds for step in plan_of(seed, KINDS, faults).steps]
        assert {dealt.count(kind) for kind in KINDS} <= {1, 2, 3}


def test_ten_seeds_of_the_long_form_see_both_clocks_and_all_faults() -> None:
    plans = [plan_of(seed, KINDS, PER_SEED) for seed in range(1, 11)]
    assert {plan.clock for plan in plans} == {"wall", "event"}
    assert {step.kind for plan in plans for step in plan.steps} == set(KINDS)


def test_thirty_seeds_are_more_than_three_hundred_faults() -> None:
    assert sum(len(plan_of(seed, KINDS, PER_SEED).steps) for seed in range(1, 31)) >= 300


def test_a_plan_can_be_restricted_to_some_kinds() -> None:
    assert {step.kind for step in plan_of(3, ["zombie"], 4).steps} == {"zombie"}


def test_every_fault_says_what_it_is() -> None:
    assert all(fault.__doc__ for fault in FAULTS.values())
