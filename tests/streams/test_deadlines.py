"""The index of deadlines gives what a sorted list would."""

from hypothesis import given
from hypothesis import strategies as st

from streams.deadlines import Deadlines
from streams.windows import NEVER

USERS = ["a", "b", "c", "d"]
MOVES = st.tuples(st.sampled_from(USERS), st.sampled_from([1, 2, 2, 3, 5, 8, NEVER]))
POPS = st.one_of(st.tuples(st.integers(0, 9)), st.tuples(st.integers(0, 9), st.sampled_from(USERS)))


@given(st.lists(st.one_of(MOVES.map(lambda m: ("move", m)), POPS.map(lambda p: ("pop", p)))))
def test_the_first_of_all_present_deadlines_comes_up(steps: list[tuple[str, tuple[int]]]) -> None:
    """In the order (instant, user), whatever stale entries there are."""
    present = dict.fromkeys(USERS, NEVER)
    index = Deadlines(present.__getitem__)
    for kind, step in steps:
        if kind == "move":
            user, new = step  # type: ignore[misc] # a move
            old, present[user] = present[user], new
            index.moved(user, old, new)
            continue
        first = min(((at, user) for user, at in present.items() if at != NEVER), default=None)
        due = index.pop(step)
        assert due == (first if first is not None and first <= step else None)
        if due:  # as the engine does: decided, it has another deadline
            present[due[1]] = NEVER
            index.moved(due[1], due[0], NEVER)


def test_stale_entries_do_not_pile_up() -> None:
    """A user whose deadline moves a million times is no million entries."""
    present = {"a": NEVER}
    index = Deadlines(present.__getitem__)
    for instant in range(10_000, 0, -1):
        old, present["a"] = present["a"], instant
        index.moved("a", old, instant)
    assert len(index.instants) < 1_100
    assert index.pop((2,)) == (1, "a")
