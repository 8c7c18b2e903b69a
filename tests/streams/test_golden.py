"""What every format ever written says is still read; the files are of the programs of then."""

import json
from ast import literal_eval
from pathlib import Path
from typing import Any

import pytest

from schemas.events import Interaction
from schemas.journal import Adopted, Events, Slice, Tick, decode_entry
from schemas.records import decode_checkpoint, epoch_and_body
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.compiler.layout import decode_layout
from streams.effects import Effects
from streams.engine import Engine, LayoutChanged, Partition
from streams.repeats import WIDTH
from streams.windows import origin

FOLDER = Path(__file__).parent / "golden"
RENAMED = 3  # the format in which fields got other names
FORMATS = sorted(FOLDER.glob("format_*.json"))


def golden(path: Path) -> dict[str, Any]:
    """A golden file."""
    return dict(json.loads(path.read_text(encoding="utf-8")))


def restored(was: dict[str, Any], catalogue: str | None = None) -> Partition:
    """The rows of a golden file, restored under its catalogue or another."""
    engine = Engine(load(catalogue or was["catalogue"], "golden.yaml"))
    partition = engine.partition(0, TOPICS)
    for user, row in was["rows"].items():
        partition.load(user, bytes.fromhex(row))
    layouts = {int(n): described(text) for n, text in was.get("layouts", {}).items()}
    partition.loaded(layouts)
    partition.clock, partition.ticked = was["clock"], was["ticked"]
    return partition


def described(text: str) -> Any:
    """A layout's description."""
    return decode_layout(text)


def as_then(partition: Partition, state: Any, field: str) -> Any:
    """What the field would hold if it had not been renamed by format 3."""
    word, _, name = field.partition("_")
    match word:
        case "key":
            place = getattr(state, f"from_{name}")
            return None if place < 0 else state.events[place]
        case "ring":
            measure = partition._engine.catalogue.measures[name]
            assert measure.window is not None
            first, stride = origin(measure.window.step), 3 if measure.aggregate == "mean" else 2
            ring = list(getattr(state, f"buckets_{name}") or ())
            ring[::stride] = [bucket + first for bucket in ring[::stride]]
            return ring
        case "seen":
            return getattr(state, f"ids_{name}")
    return getattr(state, field)


def of_now(field: str, text: str, fields: dict[str, str]) -> str:
    """What a field of then says, as it is kept now: ids shorter, no `since` without a tag."""
    word, _, name = field.partition("_")
    if word == "seen":
        ids = literal_eval(text)
        return repr(b"".join(ids[at : at + WIDTH] for at in range(0, len(ids), 8)))
    return "0" if word == "since" and fields[f"tag_{name}"] == "None" else text


@pytest.mark.parametrize("path", FORMATS, ids=lambda path: path.stem)
def test_rows_of_every_format_are_read(path: Path) -> None:
    """Each field of each user, and the tags as they were."""
    was = golden(path)
    partition = restored(was)
    for user, fields in was["states"].items():
        state = partition._program.codec.thaw(bytes.fromhex(was["rows"][user]))
        told = {name: repr(as_then(partition, state, name)) for name in fields}
        if was["format"] < RENAMED:
            fields = {name: of_now(name, text, fields) for name, text in fields.items()}  # noqa: PLW2901 - in the words of now
        assert told == fields
    found = {
        user: {tag: [s.value, s.since] for tag, s in partition.snapshot(user).items()}
        for user in partition.user_ids()
    }
    assert found == was["tags"]


@pytest.mark.parametrize("path", FORMATS, ids=lambda path: path.stem)
def test_rows_of_every_format_become_rows_of_the_present_one(path: Path) -> None:
    """Adopting them changes no tag, and what is written then is read without a description."""
    was, out = golden(path), Effects()
    partition = restored(was)
    partition.predecessors.begin(0, partition.clock)
    for user in partition.all_users():
        partition.adopt(user, None, out)
    assert out.changes == []
    assert partition.predecessors.counted_since == {}
    again = Engine(load(was["catalogue"], "golden.yaml")).partition(0, TOPICS)
    for user, row in partition.take_dirty():
        again.load(user, row)
    assert again.predecessors.layouts == set()
    again.loaded()
    again.clock, again.ticked = was["clock"], was["ticked"]
    event = Interaction(id="new", source="app", type="like", user_id="u1", time=was["clock"])
    for one in (partition, again):
        assert one.apply(0, 99, event, event.time, out) == "applied"
    assert again.snapshot("u1") == partition.snapshot("u1")


@pytest.mark.parametrize("path", FORMATS, ids=lambda path: path.stem)
def test_checkpoint_records_of_every_format_are_read(path: Path) -> None:
    was = golden(path)
    epoch, body = epoch_and_body(bytes.fromhex(was["checkpoint_value"]))
    record = decode_checkpoint(body)
    said = json.loads(was["checkpoint"])
    assert epoch == 77
    assert {name: getattr(record, name) for name in said} == said | {
        "positions": tuple(said["positions"])
    }


@pytest.mark.parametrize("path", FORMATS, ids=lambda path: path.stem)
def test_journal_entries_of_every_format_are_read(path: Path) -> None:
    entries = [decode_entry(entry.encode()) for entry in golden(path)["journal"]]
    assert [entry.n for entry in entries] == list(range(13, 13 + len(entries)))
    kinds = {type(applied) for entry in entries for applied in entry.e}
    assert kinds - {Adopted} == {Events, Tick, Slice}


def test_rows_of_format_1_are_read_under_their_own_catalogue_alone() -> None:
    """They had no description: another catalogue cannot know what their fields mean."""
    was = golden(FOLDER / "format_1.json")
    with pytest.raises(LayoutChanged, match="nothing describes"):
        restored(was, was["catalogue"].replace("likes >= 2", "likes >= 3"))
