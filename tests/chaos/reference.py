"""A run computed again: the offline engine, fed with what the run began with and its journal."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from schemas.changes import TagChange, TagValue
from schemas.decode import Decoder
from schemas.journal import Adopted, Applied, Entry, Events, Slice, Tick
from schemas.records import ERASED_KEYS, Checkpoint, encode_erasure
from schemas.topics import INPUT_TOPICS, TOPICS
from streams.communities import Counts
from streams.effects import Effects
from streams.engine import Engine, Partition
from streams.row import State, compressed
from tests.agents.folded import Hashes
from tests.chaos.changelog import Found, Rows, Run
from tests.chaos.logs import oldest_heads_first
from tests.chaos.partition import Partition as Observed

Engines = Mapping[int, Engine]
"""Of all catalogues that a partition had, by the fingerprint of what each decides."""
Shown = Mapping[str, tuple[TagValue, int]]
"""Value and since of the tags of a user."""


_OWNED = len(INPUT_TOPICS)  # from this topic on, records were forwarded


def by_layout(*engines: Engine) -> Engines:
    """Engines as journal and changelog name them."""
    return {engine.layout: engine for engine in engines}


class Reference:
    """One partition in one run; takes its journal, entry after entry."""

    def __init__(self, engines: Engines, observed: Observed, run: Run) -> None:
        self._engines, self._observed, self.effects = engines, observed, Effects()
        self.state = self._restored(run.base.layout, run.base, run.rows)
        # who was adopted by an owner that did not come to its end
        self._half: dict[str, Shown] = {}

    def apply(self, entry: Entry) -> None:
        """One call that is no adoption."""
        for applied in entry.e:
            self._apply(self.state, applied, self.effects)

    def adopt(
        self, layout: int, found: Found, since: Sequence[Entry], published: Sequence[TagChange]
    ) -> None:
        """Another catalogue decides all tags anew (docs/decisions/0008), from what readers see.

        Its owner `found` rows of the old one, and replayed the calls `since` their checkpoint.
        Users come in the order of the changelog, which no reader can know: in that of `published`.
        """
        state, made = self._restored(layout, found.checkpoint, found.rows), Effects()
        for applied in (one for entry in since for one in entry.e):
            if not isinstance(applied, Adopted):
                self._apply(state, applied, Effects())
        state.predecessors.begin(found.checkpoint.layout, state.clock)
        for user in state.all_users():
            state.adopt(user, self._half.get(user, self.state.shown(user)), made)
        order = {user: n for n, user in enumerate(dict.fromkeys(c.user_id for c in published))}
        made.changes.sort(key=lambda change: order.get(change.user_id, len(order)))
        self.effects.changes += made.changes
        self.state, self._half = state, {}

    def half_adopt(self, published: Sequence[TagChange]) -> None:
        """Somebody began to, and died: whoever comes next starts from what was published."""
        for change in published:
            tags = dict(self._half.get(change.user_id, self.state.shown(change.user_id)))
            tags.pop(str(change.tag), None)
            if change.new is not None:
                tags[str(change.tag)] = change.new, change.time
            self._half[change.user_id] = tags
        self.effects.changes += published

    def _restored(self, layout: int, checkpoint: Checkpoint, rows: Rows) -> Partition:
        state = self._engines[layout].partition(self._observed.number, self._observed.topics)
        for user, row in rows.items():
            state.load(user, row)
        state.loaded(self._observed.changelog.layouts)
        state.clock, state.ticked = checkpoint.clock, checkpoint.ticked
        state.origins.update(checkpoint.origins)
        state.predecessors.count_since(checkpoint.counted_since)
        self._decoder = Decoder(self._engines[layout].catalogue.currency)
        return state

    def _apply(self, state: Partition, applied: Applied, effects: Effects) -> None:
        if isinstance(applied, Tick):
            state.tick(applied.to)
        elif isinstance(applied, Slice):
            state.slice_to(applied.instant, applied.user, effects)
        else:
            assert isinstance(applied, Events), "adoptions come to `adopt`"
            self._events(state, applied, effects)

    def _events(self, state: Partition, events: Events, effects: Effects) -> None:
        for topic, record in oldest_heads_first(self._observed.logs, events.ranges):
            if (topic, record.offset) in events.skipped:
                continue
            logical, origin = _origin_of(record) if topic >= _OWNED else (TOPICS[topic], None)
            event = self._decoder.decode(logical, record.value, record.headers, record.timestamp)
            state.apply(topic, record.offset, event, record.timestamp, effects, origin)

    def row(self, user: str) -> bytes | None:
        """The row of a user as it would be written, or a marker; the state is left as it is."""
        if user.startswith(ERASED_KEYS):
            erasure = self.state.erasures.kept.get(user)
            return encode_erasure(erasure) if erasure else None
        users = self.state._users
        if users.is_dropped(user) and user not in users:
            return None
        state = users.states.get(user)
        if not isinstance(state, State):
            return state and compressed(state)
        codec = self.state._program.codec
        return codec.freeze(codec.copy(state))

    def checkpointed(self) -> None:
        """The owner wrote its rows here: of who is gone nothing is left, not even offsets."""
        self.state.take_dirty()

    def rows(self) -> dict[str, bytes | None]:
        """All rows and markers."""
        keys = (*self.state.all_users(), *self.state.erasures.kept)
        return {key: self.row(key) for key in keys}

    def counts(self) -> Counts:
        """What all users count for in each community."""
        counts = self.state.counts_of(self.state.user_ids())
        return {community: fields for community, fields in counts.items() if fields}

    def hashes(self, seq: int) -> Hashes:
        """What a new run shows at its start: tags as they are, with its first number."""
        return dict(self._hashes(seq))

    def _hashes(self, seq: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for user in self.state.user_ids():
            tags = self.state.snapshot(user)
            if tags:
                yield user, {tag: as_shown(s.value, s.since, seq) for tag, s in tags.items()}


def _origin_of(record: Any) -> tuple[str, tuple[str, int]]:
    """As what a forwarded record is decoded, and where it came from."""
    place, _, offset = dict(record.headers)["tagstream.origin"].decode().rpartition(":")
    topic = place.partition(":")[0]
    return "derived" if topic == "contents" else topic, (place, int(offset))


def as_shown(value: Any, since: int, seq: int) -> dict[str, Any]:
    """A tag as its field in the hash, parsed."""
    return {"value": json.loads(msgspec.json.encode(value)), "since": since, "seq": seq}
