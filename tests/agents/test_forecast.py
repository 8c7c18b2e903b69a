"""What a forecast says is what the engine then does, if nothing but time passes."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.commands.forecasting import as_json, rows
from agents.forecast import HORIZON_MS, forecast
from agents.recovery.rows import Rows
from schemas.events import Interaction
from schemas.records import (
    CHECKPOINT_KEY,
    CLAIM_KEY,
    Checkpoint,
    encode_checkpoint,
    value_and_headers,
    with_epoch,
)
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue
from streams.effects import Effects
from streams.engine import Engine, Partition
from tests.streams.beside import play
from tests.streams.catalogues import Arrival, catalogues, histories

FADING = load(
    """
catalogue: fading
version: 1
currency: CNY
timezone: UTC
measures:
  likes: {count: [like], window: 4s, step: 1s}
tags:
  activity:
    dimension: behaviour
    values: {high: likes >= 3, low: likes >= 1, silent: else}
  warm: {dimension: behaviour, when: likes >= 2}
""",
    "fading.yaml",
)


@dataclass
class Record:
    """A record of the changelog."""

    offset: int
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def changelog(partition: Partition) -> list[Record]:
    """Everything that a worker with epoch 0 has written of this partition by its checkpoint."""
    written = [(user.encode(), with_epoch(0, row)) for user, row in partition.take_dirty()]
    told = Checkpoint(
        positions=(0,) * len(TOPICS),
        run="r",
        clock=partition.clock,
        ticked=partition.ticked,
        origins={},
        catalogue="c@1",
        layout=partition.layout,
        calls=1,
        seq=0,
        alert_seq=0,
    )
    written.append((CHECKPOINT_KEY, with_epoch(0, encode_checkpoint(told))))
    records = [Record(0, CLAIM_KEY, b"{}")]
    for offset, (key, full) in enumerate(written, 1):
        value, headers = value_and_headers(full)
        records.append(Record(offset, key, value, tuple(headers)))
    return records


def read_one(engine: Engine, records: list[Record], user: str) -> Partition:
    """The user's partition, with nobody else in it."""
    found = Rows(engine.partition(0, TOPICS), -1, only=user)
    found.add(records)
    found.finish()
    assert set(found.state.all_users()) <= {user}
    return found.state


def liked(*seconds: int) -> Partition:
    """A user who liked something at these seconds of an hour."""
    partition = Engine(FADING).partition(0, TOPICS)
    for number, second in enumerate(seconds):
        event = Interaction(
            id=f"e{number}", source="s", user_id="u1", time=3_600_000 + second * 1000, type="like"
        )
        partition.apply(0, number, event, event.time, Effects())
    return partition


@settings(max_examples=120, deadline=None)
@given(catalogues, histories(), st.sampled_from([0, 1, 700, 2_500, 86_400_000]))
def test_what_is_forecast_is_what_happens(
    catalogue: Catalogue, history: list[Arrival], step: int
) -> None:
    """For every user of a random partition, however unevenly its clock then moves."""
    engine = Engine(catalogue)
    partition, out = engine.partition(0, TOPICS), Effects()
    for number, arrival in enumerate(history):
        if arrival.tick is not None:
            partition.tick(arrival.tick)
            partition.slice(1, 100, out)
        play(partition, number, arrival, out)
    records, before = changelog(partition), len(out.changes)
    users = sorted(partition.user_ids())
    said = {user: forecast(read_one(engine, records, user), most=1_000) for user in users}

    for to in (partition.clock + step, partition.clock + HORIZON_MS):
        partition.tick(to)
        while partition.slice(3, 5, out):
            pass
    happened = out.changes[before:]
    for user in users:
        assert said[user].complete
        assert list(said[user].changes) == [c for c in happened if c.user_id == user]


def test_a_tag_fades_step_by_step() -> None:
    """Each instant is exact, those of one instant are in the order of the catalogue."""
    coming = forecast(liked(0, 1, 2))
    assert [(c.time - 3_600_000, c.tag, c.old, c.new) for c in coming.changes] == [
        (4_000, "activity", "high", "low"),
        (5_000, "warm", True, None),
        (6_000, "activity", "low", "silent"),
    ]
    assert coming.complete


def test_of_one_tag_and_no_more_than_asked_for() -> None:
    """What is left out is said to be."""
    assert [c.tag for c in forecast(liked(0, 1, 2), "warm").changes] == ["warm"]
    two = forecast(liked(0, 1, 2), most=2)
    assert (len(two.changes), two.complete) == (2, False)
    assert forecast(liked(0, 1, 2), "activity", most=2).complete


def test_a_row_of_a_zombie_is_refused_as_in_a_restore() -> None:
    """Also where the record that outranks it is one of somebody else."""
    good, zombie = changelog(liked(0))[1], changelog(liked(0, 1, 2))[1]
    epoch = (7).to_bytes(8, "big")
    newer = Record(2, b"u2", epoch + (good.value or b"")[8:])
    of_claim = [Record(0, CLAIM_KEY, b"{}"), good, newer, zombie]
    state = read_one(Engine(FADING), of_claim, "u1")
    assert [c.tag for c in forecast(state).changes] == ["activity"]


def test_a_table_for_people_and_json_for_programs() -> None:
    """What is past is due: no worker has been there."""
    coming = forecast(liked(0))
    assert list(rows(coming.changes, 3_600_000)) == [
        ("1970-01-01 01:00:04.000Z", "4s", "activity", "low", "silent", "else")
    ]
    assert next(iter(rows(coming.changes, 3_604_000)))[1] == "due"
    change = coming.changes[0]
    assert as_json(coming) == {
        "forecast": [
            {"time": 3_604_000, "tag": "activity", "old": "low", "new": "silent", "why": change.why}
        ],
        "complete": True,
    }
