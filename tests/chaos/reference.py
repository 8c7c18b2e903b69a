"""A run computed again: the offline engine, fed with what the run began with and its journal."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from agents.decoding import origin_of
from schemas.decode import Decoder
from schemas.journal import Entry, Events, Slice, Tick
from schemas.records import ERASED_KEYS, encode_erasure
from schemas.topics import TOPICS
from streams.effects import Effects
from streams.engine import Engine, Partition
from streams.row import State
from tests.chaos.evidence import Hashes, Run
from tests.end_to_end.audit import Logs, oldest_heads_first


class Reference:
    """One partition in one run; `apply` takes its journal, entry after entry."""

    def __init__(
        self, engine: Engine, number: int, topics: Sequence[str], logs: Logs, run: Run
    ) -> None:
        self._logs, self.effects = logs, Effects()
        self._decoder = Decoder(engine.catalogue.currency)
        self.state: Partition = engine.partition(number, topics)
        for user, row in run.rows.items():
            self.state.load(user, row)
        self.state.loaded()
        self.state.clock, self.state.ticked = run.base.clock, run.base.ticked
        self.state.origins.update(run.base.origins)
        self.outcomes: Counter[str] = Counter()

    def apply(self, entry: Entry) -> None:
        """One call."""
        for applied in entry.e:
            if isinstance(applied, Tick):
                self.state.tick(applied.to)
            elif isinstance(applied, Slice):
                self.state.slice_to(applied.instant, applied.user, self.effects)
            elif isinstance(applied, Events):
                self._events(applied)
            else:
                raise TypeError("nobody changed the catalogue")

    def _events(self, events: Events) -> None:
        self.outcomes["skipped"] += len(events.skipped)
        for topic, record in oldest_heads_first(self._logs, events.ranges):
            if (topic, record.offset) in events.skipped:
                continue
            logical, origin = origin_of(record) if topic >= 3 else (TOPICS[topic], None)
            event = self._decoder.decode(logical, record.value, record.headers, record.timestamp)
            place = (topic, record.offset)
            outcome = self.state.apply(*place, event, record.timestamp, self.effects, origin)
            self.outcomes[outcome] += 1

    def row(self, user: str) -> bytes | None:
        """The row of a user as it would be written, or a marker; the state is left as it is."""
        if user.startswith(ERASED_KEYS):
            erasure = self.state.erasures.kept.get(user)
            return encode_erasure(erasure) if erasure else None
        state = self.state._states.get(user)
        if not isinstance(state, State):
            return state
        if user in self.state._gone():
            return None
        rows = self.state._program.rows
        return rows.freeze(rows.copy(state))

    def checkpointed(self) -> None:
        """The owner wrote its rows here: of who is gone nothing is left, not even offsets."""
        self.state.take_dirty()

    def rows(self) -> dict[str, bytes | None]:
        """All rows and markers."""
        keys = (*self.state.all_users(), *self.state.erasures.kept)
        return {key: self.row(key) for key in keys}

    def hashes(self, seq: int) -> Hashes:
        """What a new run shows at its start: tags as they are, with its first number."""
        return dict(self._hashes(seq))

    def _hashes(self, seq: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for user in self.state.user_ids():
            tags = self.state.snapshot(user)
            if tags:
                yield user, {tag: as_shown(s.value, s.since, seq) for tag, s in tags.items()}


def as_shown(value: Any, since: int, seq: int) -> dict[str, Any]:
    """A tag as its field in the hash, parsed."""
    return {"value": json.loads(msgspec.json.encode(value)), "since": since, "seq": seq}
