import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.jobs import TAG_JOB
from streams.override import Override
from streams.row import COMPRESSED, State
from streams.users import Users

PROGRAM = TAG_JOB.engine().program
ALL = 1_000  # more than there are: nobody is packed before `take_dirty`

steps = st.lists(
    st.tuples(st.sampled_from(["touch", "forget", "take", "mark"]), st.sampled_from("abcdefg")),
    max_size=60,
)


def users_of(decoded: int, *, forgets: bool = True) -> Users:
    return Users(PROGRAM, forgets=forgets, decoded=decoded)


def touch(users: Users, name: str, offset: int = 0) -> State:
    """As an event does."""
    known = users.states.get(name)
    state = known if isinstance(known, State) else users.wake(name, known)
    state.offset_interactions, state.known = offset, True
    return state


@given(steps, st.integers(1, 4))
def test_when_a_user_is_packed_shows_in_no_row(done: list[tuple[str, str]], decoded: int) -> None:
    """Against users who stay decoded until their rows are taken."""
    few, all_ = users_of(decoded), users_of(ALL)
    for offset, (what, name) in enumerate(done):
        for users in (few, all_):
            if what == "touch":
                touch(users, name, offset)
            elif what == "forget" and name in users:
                users.in_use(name).known = False
                users.drop(name)
            elif what == "mark":
                users.mark_dirty(name)
        if what == "take":
            assert dict(few.take_dirty()) == dict(all_.take_dirty())
        assert few.decoded <= decoded
        assert (name in few) == (name in all_)
        assert few.look(name) == all_.look(name) == few.copy(name)
    assert dict(few.take_dirty()) == dict(all_.take_dirty())
    assert few.states == all_.states


def test_half_of_those_who_are_decoded_are_packed_when_there_are_too_many_oldest_first() -> None:
    users = users_of(4)
    for name in "abcd":
        touch(users, name)
    assert users.decoded == 4
    touch(users, "e")
    assert {name for name, s in users.states.items() if isinstance(s, State)} == set("cde")


@pytest.mark.parametrize("decoded", [1, ALL])
def test_what_was_touched_is_taken_once(decoded: int) -> None:
    users = users_of(decoded)
    for name in "ab":
        touch(users, name)
    assert [name for name, row in users.take_dirty() if row is not None] == ["a", "b"]
    assert users.take_dirty() == []
    touch(users, "b")
    assert [name for name, _ in users.take_dirty()] == ["b"]


@pytest.mark.parametrize("decoded", [1, ALL])
def test_who_was_forgotten_has_no_row_unless_they_came_back(decoded: int) -> None:
    users = users_of(decoded)
    for name in "abc":
        touch(users, name)
    users.take_dirty()
    for name in "ab":
        users.in_use(name).known = False
        users.drop(name)
    touch(users, "c")
    touch(users, "b")
    taken = dict(users.take_dirty())
    assert taken.pop("a") is None
    assert set(taken) == {"b", "c"}
    assert None not in taken.values()
    assert "a" not in users.states


@pytest.mark.parametrize("forgets", [False, True])
def test_of_who_never_existed_a_row_is_kept_only_where_nobody_is_forgotten(
    *, forgets: bool
) -> None:
    """It has the offsets of their events."""
    users = users_of(1, forgets=forgets)
    users.wake("a", None)
    touch(users, "b")
    (name, row), *_ = users.take_dirty()
    assert (name, row is None) == ("a", forgets)
    assert "a" not in users


def test_a_marked_row_is_written_as_it_is() -> None:
    users = users_of(ALL)
    touch(users, "a")
    rows = users.take_dirty()
    users.mark_dirty("a")
    assert users.take_dirty() == rows


@pytest.mark.parametrize("decoded", [1, ALL])
def test_what_is_taken_is_compressed_and_what_stays_is_not(decoded: int) -> None:
    users = users_of(decoded)
    for name in "ab":
        touch(users, name).overrides = {"tag": Override((0, "s", "e"), "value" * 200)}
    taken = dict(users.take_dirty())
    assert all(row is not None and row[0] & COMPRESSED and len(row) < 200 for row in taken.values())
    assert all(len(row) > 1_000 for row in users.rows())
    users.mark_dirty("a")
    assert dict(users.take_dirty()) == {"a": taken["a"]}
