"""No right history is accused, and every call that is left out is found."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chaos.invariants.counted_once import counting, miscounted
from tests.chaos.judging import COUNTED, CURRENCY, judge_partition
from tests.chaos.partition import Partition
from tests.chaos.small.histories import at_end
from tests.chaos.small.worker import ENGINES, SmallWorker


def violations(partition: Partition) -> list[str]:
    """Everything that can be said of one partition."""
    shown = {u: int(tags["counted"]["value"]) for u, tags in partition.end.hashes.items()}
    counted = counting(partition.seen, "counted")
    found = miscounted([partition.logs], shown, COUNTED, CURRENCY, counted)
    return [*judge_partition(partition, ENGINES), *found]


ACTIONS = (
    *("like", "payment", "join", "again", "block", "block", "checkpoint", "loss"),
    *("other", "half"),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2)), max_size=40), st.data())
def test_no_right_history_is_accused_and_every_call_left_out_is_found(
    actions: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Blocks, checkpoints and losses in any order; then one call is taken out of the journal."""
    worker = SmallWorker()
    for action, user in actions:
        worker.act(action, f"u{user}")
    worker.block()
    worker.checkpoint()
    right = worker.partition()
    assert violations(right) == []
    if right.end.journal:
        gone = data.draw(st.sampled_from(right.end.journal))
        left = [entry for entry in right.end.journal if entry is not gone]
        assert violations(at_end(right, journal=left))


def test_a_half_adoption_is_not_taken_for_the_next_one_of_the_same_catalogue() -> None:
    """The catalogue between the two publishes nothing, so their changes stand side by side."""
    worker = SmallWorker()
    for user in ("u0", "u0", "u1"):
        worker.send(user)
    for action in ("block", "half", "other"):
        worker.act(action, "u0")
    assert violations(worker.partition()) == []


def test_a_right_history_violates_nothing(right: Partition) -> None:
    """Two runs, repeats, rejects, a lost tail: the plants below are all that is wrong."""
    assert violations(right) == []
    assert len(right.changelog.runs) == 2
    assert all(run.written for run in right.changelog.runs)
    assert right.end.alerts or right.seen[0].alerts


def test_each_invariant_of_a_partition_has_its_say(right: Partition) -> None:
    """One call is missing, one is there twice, and nobody has a tag."""
    first, _, *rest = right.end.journal
    planted = at_end(right, journal=[first, *rest, rest[-1]], hashes={})
    assert {found[:2] for found in judge_partition(planted, ENGINES)} == {"I1", "I2", "I3", "I5"}
