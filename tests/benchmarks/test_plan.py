import pytest

from benchmarks.plan import MOST_EVENTS, Plan


def test_a_slow_contestant_gets_fewer_events_and_as_many_a_user() -> None:
    """So the share of events that change a tag, which is what costs, stays the same."""
    plan = Plan(events=1_000_000)
    few = plan.events_for("faust")
    assert few == MOST_EVENTS["faust"] < plan.events_for("ours") == 1_000_000
    assert few / plan.users_for(few) == plan.events / plan.users_for(plan.events) == 10


def test_no_contestant_gets_more_than_was_asked_for() -> None:
    """A quick look stays quick for all."""
    assert Plan(events=5_000).events_for("faust") == 5_000


@pytest.mark.parametrize(("given", "restored"), [(None, 100_000), (1_000, 1_000)])
def test_recovery_has_a_number_of_users_of_its_own(given: int | None, restored: int) -> None:
    """--users counts for both, the default does not."""
    assert Plan(users=given).recovery_users == restored
    assert Plan(users=given).storm_users == (given or 200_000)
