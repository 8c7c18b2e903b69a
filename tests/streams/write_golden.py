"""Writes the golden file of the present format: `python -m tests.streams.write_golden > FILE`.

Run it, and commit what it wrote as tests/streams/golden/format_N.json, with the last program of a
format: before the next format is written. Golden files are never written again.
"""

import json
from pathlib import Path
from typing import Any

from schemas.events import Event, Interaction, Profile, Transaction
from schemas.journal import Adopted, Entry, Events, Slice, Tick, encode_entry
from schemas.records import Checkpoint, Claim, encode_checkpoint, encode_claim, with_epoch
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.effects import Effects
from streams.engine import Engine, Partition
from streams.row import VERSION, State

START = 1_700_000_000_000
EPOCH = 77
FIRST = Path(__file__).parent / "golden" / "format_1.json"


class Story:
    """A few users whose rows have something in every field."""

    def __init__(self, catalogue: str) -> None:
        self.engine = Engine(load(catalogue, "golden.yaml"))
        self.partition, self.out = self.engine.partition(0, TOPICS), Effects()
        self.offsets = [0, 0, 0]

    def tell(self) -> Partition:
        """The same story as format 1's, a person's corrections, and a large row."""
        self._profile("u1", 0, grade="AAA", staff=7, born="1990-05-01")
        self._like("u1", 100, product="tea")
        self._like("u1", 900, type="comment")
        self._pay("u1", 1_000, 1_051, product="loan")
        self._pay("u1", 1_500, 120)
        self._profile("u2", 1_600, staff=2, grade=None)
        self._pay("u2", 1_700, 499, type="borrow")
        self._pay("u2", 2_000, 100)
        self._pay("u2", 2_100, 150)
        self._like("u2", 2_300)
        self._order("u1", 2_310, "override", tag="size", value="small", by="ann", reason="visit")
        self._order("u2", 2_320, "override", tag="adult", value=True, until=START + 90_000)
        self._order("u2", 2_330, "override", tag="bargain", value=False)
        self._order("u2", 2_340, "override", tag="bargain")
        self._like("u3", 2_400)
        self._order("u3", 2_500, "erase")
        for after in (2_600, 2_601, 900):
            self._like("用户4", after)
        for letter in "abcdef":  # a row that is large enough to be compressed
            self._like("u5", 2_700, product=letter * 100)
        self.partition.tick(START + 5_200)
        while self.partition.slice(10, 100, self.out):
            pass
        return self.partition

    def _apply(self, topic: int, event: Event) -> None:
        offset = self.offsets[topic]
        self.partition.apply(topic, offset, event, event.time, self.out)
        self.offsets[topic] = offset + 1

    def _common(self, user: str, after: int) -> dict[str, Any]:
        name = f"e{sum(self.offsets)}"
        return {"id": name, "source": "app", "user_id": user, "time": START + after}

    def _like(self, user: str, after: int, **more: Any) -> None:
        self._apply(0, Interaction(**{"type": "like", **self._common(user, after), **more}))

    def _pay(self, user: str, after: int, cents: int, **more: Any) -> None:
        fields = {"type": "payment", "amount": cents, **self._common(user, after), **more}
        self._apply(1, Transaction(**fields))

    def _profile(self, user: str, after: int, **attributes: Any) -> None:
        self._apply(2, Profile(type="profile", attributes=attributes, **self._common(user, after)))

    def _order(self, user: str, after: int, kind: Any, **fields: Any) -> None:
        self._apply(2, Profile(type=kind, **fields, **self._common(user, after)))


def golden() -> dict[str, Any]:
    """Everything that is kept anywhere, as bytes and as what it means."""
    was = json.loads(FIRST.read_text(encoding="utf-8"))["catalogue"]
    catalogue = was.replace("measures:", "forget_after: 730d\nmeasures:", 1)
    story = Story(catalogue)
    partition = story.tell()
    tags = {
        user: {tag: [s.value, s.since] for tag, s in partition.snapshot(user).items()}
        for user in partition.user_ids()
    }
    dirty = partition.take_dirty()  # markers of erasures too: tests/streams/test_erasing.py
    rows = [(user, row) for user, row in dirty if row is not None and user >= " "]
    record = checkpoint_of(story)
    ranges = tuple((0, end) for end in (*story.offsets, 0, 0))
    applied = (Events(ranges, ((0, 3),)), Tick(START + 5_200), Slice(START + 5_000, "u1"))
    entries = [Entry(13, applied), Entry(14, (Adopted(story.engine.layout),))]
    return {
        "format": VERSION,
        "catalogue": catalogue,
        "layouts": {str(story.engine.layout): story.engine.description.decode()},
        "rows": {user: row.hex() for user, row in rows},
        "states": {user: told(partition._program.codec.thaw(row)) for user, row in rows},
        "tags": tags,
        "clock": partition.clock,
        "ticked": partition.ticked,
        "claim": encode_claim(Claim("worker-1")).decode(),
        "checkpoint": encode_checkpoint(record).decode(),
        "checkpoint_value": with_epoch(EPOCH, encode_checkpoint(record)).hex(),
        "journal": [encode_entry(entry).decode() for entry in entries],
    }


def checkpoint_of(story: Story) -> Checkpoint:
    """A record with something in every field."""
    return Checkpoint(
        positions=(*story.offsets, 0, 0),
        run="r" * 32,
        calls=12,
        seq=len(story.out.changes),
        alert_seq=len(story.out.alerts),
        clock=story.partition.clock,
        ticked=story.partition.ticked,
        origins={"interactions:2": 17},
        catalogue=story.engine.catalogue.id,
        layout=story.engine.layout,
        counted_since={"likes": START},
    )


def told(state: State) -> dict[str, str]:
    """Each field of a state as Python's text."""
    names = (name for name in state.__struct_fields__ if name != "layout")
    return {name: repr(getattr(state, name)) for name in names}


if __name__ == "__main__":
    print(json.dumps(golden(), indent=1, ensure_ascii=False))  # noqa: T201 - its output
