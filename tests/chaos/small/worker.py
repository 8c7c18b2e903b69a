"""A worker without servers: what a right one leaves behind, step by step."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.applying import Applying, replay
from agents.catalogue_file import require_engine
from agents.recovery.ranges import Ranges
from agents.recovery.rows import Rows
from schemas.decode import Decoder
from schemas.journal import Adopted, Entry
from schemas.records import (
    CHECKPOINT_KEY,
    CLAIM_KEY,
    Checkpoint,
    encode_checkpoint,
    layout_key,
    value_and_headers,
    with_epoch,
)
from schemas.topics import TOPICS
from streams.communities import add
from streams.effects import Effects
from streams.engine import Partition as State
from tests.chaos.changelog import Changelog
from tests.chaos.logs import Logs, oldest_heads_first
from tests.chaos.partition import Partition
from tests.chaos.reference import by_layout
from tests.chaos.seen import Seen
from tests.chaos.small.streams import Streams
from tests.chaos.stage import CATALOGUES

ENGINE, OTHER = (require_engine(catalogue) for catalogue in CATALOGUES)
ENGINES = by_layout(ENGINE, OTHER)
START, STEP_MS = 1_767_225_600_000, 500
LATER = 1_000_000  # numbers of a new run begin so far above


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a Kafka client gives it."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


def event(number: int, user: str, type_: str = "like", **more: Any) -> bytes:
    """The value of one record."""
    place = {"id": f"e{number}", "source": "small", "type": type_, "user_id": user}
    return json.dumps({**place, "time": START + STEP_MS * number, **more}).encode()


class SmallWorker:
    """One worker, one partition, no servers: blocks, checkpoints, a loss of Redis, a new run.

    And another catalogue, as often as somebody asks for it.
    """

    def __init__(self) -> None:
        self.logs: Logs = [[] for _ in TOPICS]
        self.records = [Record(0, 0, CLAIM_KEY, b"{}")]
        self._epoch, self._engine = 0, ENGINE
        self._state: State = ENGINE.partition(0, TOPICS)
        self._describe()
        self.seen: list[Seen] = []
        self._number = self._runs = 0
        self._positions: tuple[int, ...] = ()
        self._rows: dict[str, bytes] = {}
        self._last: Checkpoint | None = None
        self._begin()

    def send(self, user: str, type_: str = "like", **more: Any) -> None:
        """One event into the topic of its type, and one broken record beside it now and then."""
        self._number += 1
        topic = 1 if type_ in ("payment", "borrow") else 0
        self._append(topic, user, event(self._number, user, type_, **more))
        if self._number % 5 == 0:
            self._append(0, user, b"no event")

    def again(self, topic: int) -> None:
        """The last record of a topic once more."""
        record = self.logs[topic][-1]
        self._append(topic, record.key.decode(), record.value)

    def act(self, action: str, user: str) -> None:
        """One thing that can happen, by name; nothing where it makes no sense."""
        match action:
            case "block":
                self.block()
            case "checkpoint":
                self.checkpoint()
            case "loss":
                self.lose_redis()
            case "other":
                self.change_catalogue()
            case "half":
                self.change_catalogue(killed_after=1)
            case "again":
                if self.logs[0]:
                    self.again(0)
            case type_:
                self.send(user, type_, amount=12, community_id="c1")

    def block(self) -> None:
        """Applies and publishes all that was sent."""
        ends = tuple(len(log) for log in self.logs)
        merged = list(oldest_heads_first(self.logs, list(zip(self._positions, ends, strict=True))))
        decoder = Decoder(self._engine.catalogue.currency)
        applying = Applying(self._state, 0, 1, decoder, self._positions)
        applying.records([record for _, record in merged], [topic for topic, _ in merged])
        for call in applying.finish(ends).calls:
            self._calls += 1
            self._journal.append(Entry(self._calls, tuple(call.entries)))
            add(self.counts, call.counts)
            self._shown.take(call.changes, call.alerts)
        self._positions = ends

    def checkpoint(self) -> None:
        """Rows and the record."""
        self._write_rows(self._state)
        streams = self._shown
        self._last = Checkpoint(
            positions=self._positions,
            run=self._run,
            calls=self._calls,
            seq=streams.seq,
            alert_seq=streams.alert_seq,
            clock=self._state.clock,
            ticked=self._state.ticked,
            origins=dict(self._state.origins),
            catalogue=self._engine.catalogue.id,
            layout=self._engine.layout,
            counted_since=dict(self._state.predecessors.counted_since),
        )
        self._write(CHECKPOINT_KEY, encode_checkpoint(self._last))

    def lose_redis(self) -> None:
        """What was there is noted; a new run begins from the changelog."""
        self.seen.append(self.look())
        self._begin()

    def change_catalogue(self, killed_after: int | None = None) -> None:
        """A worker with the other one takes the partition.

        With `killed_after`: it dies when so many users are adopted, and one with ours adopts back.
        """
        ours, self._engine = self._engine, OTHER if self._engine is ENGINE else ENGINE
        self._claim()
        state = self._restored_after_a_kill()
        state.predecessors.begin(ours.layout, state.clock)
        for user in state.all_users()[:killed_after]:
            self._adopt(state, user)
        if killed_after is None:
            self._state = state
            self._shown.state = state
            self.checkpoint()
        else:
            self.change_catalogue()

    def _claim(self) -> None:
        self._epoch = len(self.records)
        self.records.append(Record(self._epoch, 0, CLAIM_KEY, b"{}"))
        self._describe()

    def _describe(self) -> None:
        key = layout_key(self._engine.layout)
        self._write(key, self._engine.description)

    def _restored_after_a_kill(self) -> State:
        """From the changelog and the journal behind its last checkpoint."""
        rows = Rows(self._engine.partition(0, TOPICS), self._epoch)
        rows.add(self.records)
        rows.finish()
        assert rows.checkpoint is not None
        after, decoder = rows.checkpoint.positions, Decoder(self._engine.catalogue.currency)
        behind = [log[first:] for log, first in zip(self.logs, after, strict=True)]
        ranges = Ranges(behind)
        for entry in self._journal:
            if entry.n > rows.checkpoint.calls:
                for applied in entry.e:
                    replay(rows.state, applied, ranges.merged, decoder)
        rows.state.take_counts()
        return rows.state

    def _adopt(self, state: State, user: str) -> None:
        """A slice of one user: Redis is asked, differences and then the row are written."""
        streams, out = self._shown, Effects()
        held = streams.hashes.get(user, {}).items()
        state.adopt(user, {tag: (was["value"], was["since"]) for tag, was in held}, out)
        self._calls += 1
        self._journal.append(Entry(self._calls, (Adopted(self._engine.layout),)))
        streams.take(*out.take())
        self._write_rows(state)

    def look(self) -> Seen:
        """Redis as it stands."""
        streams = self._shown
        positions = {f"pos:{t}": str(p) for t, p in zip(TOPICS, self._positions, strict=True)}
        meta = {"run": self._run, "calls": str(self._calls), "clock": str(self._state.clock)}
        numbers = {"seq": str(streams.seq), "alert_seq": str(streams.alert_seq), "epoch": "0"}
        hashes = {user: dict(tags) for user, tags in streams.hashes.items() if tags}
        return Seen(
            {**meta, **numbers, **positions},
            list(self._journal),
            list(streams.changes),
            list(streams.alerts),
            hashes,
            {community: dict(fields) for community, fields in self.counts.items() if fields},
        )

    def partition(self) -> Partition:
        """All evidence, with this moment as the end."""
        changelog = Changelog().add(self.records)
        return Partition(0, TOPICS, self.logs, changelog, [*self.seen, self.look()])

    def _begin(self) -> None:
        self._runs += 1
        self._run, self._calls = f"run{self._runs}", 1
        last, self._journal = self._last, list[Entry]()
        self._state = self._engine.partition(0, TOPICS)
        for user, row in self._rows.items():
            self._state.load(user, row)
        self._state.loaded()
        self._positions = last.positions if last else (0,) * len(TOPICS)
        numbers = (last.seq + LATER, last.alert_seq + LATER) if last else (0, 0)
        if last:
            self._state.clock, self._state.ticked = last.clock, last.ticked
        self._shown = Streams(self._state, *numbers)
        self.counts = self._state.counts_of(self._state.user_ids())
        self.checkpoint()

    def _write_rows(self, state: State) -> None:
        for user, row in state.take_dirty():
            self._rows.pop(user, None)
            if row:
                self._rows[user] = row
            self._write(user.encode(), row)

    def _append(self, topic: int, user: str, value: bytes) -> None:
        log = self.logs[topic]
        log.append(Record(len(log), START + STEP_MS * self._number, user.encode(), value))

    def _write(self, key: bytes, body: bytes | None) -> None:
        value, headers = value_and_headers(with_epoch(self._epoch, body))
        self.records.append(Record(len(self.records), 0, key, value, headers))
