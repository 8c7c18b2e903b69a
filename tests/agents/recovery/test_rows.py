"""What a restore makes of a changelog in which an erased user stands."""

from agents.recovery.rows import Rows
from schemas.events import Interaction, Profile
from schemas.records import CLAIM_KEY, value_and_headers, with_epoch
from schemas.topics import TOPICS
from streams.effects import Effects
from streams.engine import Partition
from streams.erasures import key_of
from tests.agents.test_forecast import Record
from tests.agents.test_sessions import ENGINE

OLD, NEW = 0, 2  # epochs: the offsets of the claim records


def apply(partition: Partition, kind: str, offset: int, time: int) -> None:
    """An event of the one user."""
    common = {"id": f"{kind}{offset}", "source": "app", "user_id": "u1", "time": time}
    if kind == "erase":
        partition.apply(2, offset, Profile(type="erase", **common), time, Effects())  # type: ignore[arg-type] # as above
    else:
        partition.apply(0, offset, Interaction(type="like", **common), time, Effects())  # type: ignore[arg-type] # as above


def log(*written: tuple[int, dict[str, bytes | None]]) -> list[Record]:
    """Two claims, and what owners of these epochs wrote where."""
    records = [Record(OLD, CLAIM_KEY, b"{}")]
    for epoch, rows in written:
        for key, row in rows.items():
            if epoch == NEW and len(records) == NEW:
                records.append(Record(NEW, CLAIM_KEY, b"{}"))
            value, headers = value_and_headers(with_epoch(epoch, row))
            records.append(Record(len(records), key.encode(), value, tuple(headers)))
    return records


def restored(records: list[Record]) -> Partition:
    """The state that a third owner finds."""
    rows = Rows(ENGINE.partition(0, TOPICS), 99)
    rows.add(records)
    rows.finish()
    return rows.state


def test_a_zombies_row_brings_no_erased_user_back() -> None:
    """Nor does it take the marker away; both good records are written again."""
    zombie, owner = (ENGINE.partition(0, TOPICS) for _ in "12")
    for partition in (zombie, owner):
        apply(partition, "like", 0, 1_000)
    before = dict(zombie.take_dirty())
    owner.take_dirty()
    apply(owner, "erase", 0, 2_000)
    erased = dict(owner.take_dirty())
    apply(zombie, "like", 1, 3_000)
    late: dict[str, bytes | None] = {**dict(zombie.take_dirty()), key_of("u1"): None}
    state = restored(log((OLD, before), (NEW, erased), (OLD, late)))
    assert (state.users, list(state.user_ids())) == (0, [])
    assert dict(state.take_dirty()) == erased
    state.clock = 2_000
    apply(state, "like", 5, 1_500)
    assert state.users == 0


def test_the_state_of_one_user_comes_with_the_erasures() -> None:
    """So `erase` can see that it was done."""
    owner = ENGINE.partition(0, TOPICS)
    apply(owner, "erase", 0, 2_000)
    rows = Rows(ENGINE.partition(0, TOPICS), 99, only="u1")
    rows.add(log((NEW, dict(owner.take_dirty()))))
    assert rows.state.erasures.kept[key_of("u1")].time == 2_000
