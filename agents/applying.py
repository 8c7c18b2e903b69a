"""Applies a block to a partition's state: decode, decide, and cut the effects into calls.

Pure but for the state it changes: no I/O, no clock. The worker and the restore both go
through here, so that a replay computes what was published, bit by bit.
"""

from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from functools import partial

from agents.corrections import refuse_impossible
from agents.decoding import OWNED, decoded, origin_of
from agents.session import Call
from agents.transport.block import KafkaRecord
from agents.transport.merge import Positions
from schemas.decode import Decoder
from schemas.events import Event
from schemas.journal import Adopted, Events, Slice, Tick
from schemas.journal import Applied as Journaled
from schemas.murmur2 import partition_of
from schemas.rejects import Rejected
from schemas.topics import TOPICS
from streams.effects import Asked
from streams.engine import Effects, Partition

MAX_CHANGES = 500  # of a call: bounds how long Redis is busy with one
SLICE_USERS = 60  # settled between two blocks when a tick made many due


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that is no event: where it came from and why."""

    topic: int
    record: KafkaRecord
    fault: Rejected


@dataclass(frozen=True, slots=True)
class Forward:
    """A record in the wrong partition: the one that its user belongs to."""

    topic: int
    record: KafkaRecord
    partition: int


@dataclass(slots=True)
class Applied:
    """What a block brought: calls to publish in order, and records to send elsewhere first."""

    calls: list[Call] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    forwards: list[Forward] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)  # for the agent that is keyed by content
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)  # (topic, outcome)
    late_ms: list[int] = field(default_factory=list)  # how far late events were behind the clock


class Applying:
    """Applies records to one partition's state and cuts the effects into calls.

    `partitions`: how many there are, to see a record in the wrong one. `sliced`: the partition
    follows the wall clock and the records are of the present, so who is due may wait for slices.
    """

    def __init__(
        self,
        state: Partition,
        number: int,
        partitions: int,
        decoder: Decoder,
        after: Positions,
        *,
        sliced: bool = False,
    ) -> None:
        self._state, self._number, self._partitions = state, number, partitions
        self._decoder, self._sliced = decoder, sliced
        self._positions = list(after)
        self._from = list(after)  # where the events of the entry under way begin
        self._skipped: list[tuple[int, int]] = []
        self._entries: list[Journaled] = []
        self._effects = Effects()
        self.applied = Applied()

    def tick(self, to: int) -> None:
        """The wall clock moves the partition's clock; what falls due is left to `slice`."""
        if to > self._state.clock:
            self._tick(to)

    def slice(self) -> None:
        """Settles some of what ticks made due, in a call behind that of the events."""
        if not self._state.due:
            return
        if self._state.clock - 1 > self._state.ticked:  # what the events left to slices
            self._tick(self._state.clock - 1)
        if self._effects.changes:
            self._cut()
        settled = self._state.slice(SLICE_USERS, MAX_CHANGES, self._effects)
        if settled is not None:
            self._note(Slice(settled.instant, settled.user))
            if len(self._effects.changes) >= MAX_CHANGES:
                self._cut()

    def records(self, records: Sequence[KafkaRecord], topics: Sequence[int]) -> None:
        """Applies merged records, each of the topic with that index."""
        # the hot loop of the worker: what it calls, it calls by a local name
        state, effects, positions = self._state, self._effects, self._positions
        apply, has_row, instants = state.apply_settled, state.has_row, state.instants
        odd: list[tuple[int, str]] = []  # topic and outcome, where that is not "applied"
        judge = partial(refuse_impossible, domains=state.domains)
        events = decoded(self._decoder, records, topics, judge)
        for topic, record, event in zip(topics, records, events, strict=True):
            if type(event) is Rejected:  # half the cost of isinstance
                odd.append((topic, self._reject(topic, record, event)))
                continue
            origin = None if topic < OWNED else origin_of(record)[1]
            if not has_row(event.user_id) and self._belongs_elsewhere(topic, record, event, origin):
                odd.append((topic, "forwarded"))
                continue
            if instants and instants[0] < event.time:  # `ahead`, without the call
                self._settle(event)
            offset = record.offset
            outcome = apply(topic, offset, event, record.timestamp, effects, origin)
            if outcome != "applied":
                odd.append((topic, outcome))
                if outcome == "late":
                    self.applied.late_ms.append(state.clock - event.time)
            positions[topic] = offset + 1
            if len(effects.changes) >= MAX_CHANGES:
                self._cut()
        self._count(topics, odd)

    def _count(self, topics: Sequence[int], odd: Sequence[tuple[int, str]]) -> None:
        """Note how often each outcome was; all that are not odd were applied."""
        applied = Counter(topics)
        applied.subtract(topic for topic, _ in odd)
        outcomes = self.applied.outcomes
        outcomes.update({(TOPICS[t], "applied"): n for t, n in applied.items() if n})
        outcomes.update((TOPICS[topic], outcome) for topic, outcome in odd)

    def finish(self, positions: Positions) -> Applied:
        """The block ends at `positions`: the rest becomes the last call."""
        self._positions[:] = positions
        self._cut()
        self.applied.asked = self._effects.asked
        return self.applied

    def _reject(self, topic: int, record: KafkaRecord, fault: Rejected) -> str:
        self.applied.rejects.append(Reject(topic, record, fault))
        self._skip(topic, record)
        return "rejected"

    def _belongs_elsewhere(
        self, topic: int, record: KafkaRecord, event: Event, origin: tuple[str, int] | None
    ) -> bool:
        """Whether it is the first event of a user of another partition: sends it on there, once."""
        home = self._number if origin else partition_of(event.user_id, self._partitions)
        if home == self._number:
            return False
        self.applied.forwards.append(Forward(topic, record, home))
        self._skip(topic, record)
        return True

    def _settle(self, event: Event) -> None:
        """All users' deadlines before the event, in as many calls as it takes.

        Where slices are allowed, one call: the clock ticks to just before the event, and who is
        still due waits for slices, so that the event waits for no storm (docs/decisions/0017).
        """
        if self._state.due:
            return
        while settled := self._state.settle(event.time, MAX_CHANGES, self._effects):
            self._note(Slice(settled.instant, settled.user))
            self._cut()
            if self._sliced and self._state.ahead(event.time):
                self._tick(event.time - 1)
                return

    def _tick(self, to: int) -> None:
        self._state.tick(to)
        self._note(Tick(to))

    def _skip(self, topic: int, record: KafkaRecord) -> None:
        self._skipped.append((topic, record.offset))
        self._positions[topic] = record.offset + 1

    def _note(self, entry: Tick | Slice) -> None:
        """Journal it behind the events that came before it."""
        self._close_events()
        self._entries.append(entry)

    def _close_events(self) -> None:
        if self._positions != self._from:
            ranges = tuple(zip(self._from, self._positions, strict=True))
            self._entries.append(Events(ranges, tuple(self._skipped)))
            self._from = list(self._positions)
            self._skipped = []

    def _cut(self) -> None:
        self._close_events()
        if not self._entries:
            return
        changes, alerts = self._effects.take()
        positions, clock = tuple(self._positions), self._state.clock
        counts = self._state.take_counts()
        self.applied.calls.append(Call(self._entries, changes, alerts, positions, clock, counts))
        self._entries = []


def replay(
    state: Partition,
    entry: Journaled,
    merged: Callable[[Events], tuple[Sequence[KafkaRecord], Sequence[int]]],
    decoder: Decoder,
) -> None:
    """Applies a part of a journal entry without publishing. `merged`: the records of ranges.

    What it moves in the counts of communities is left to the caller: Redis has it already.
    """
    effects = Effects()
    if isinstance(entry, Tick):
        state.tick(entry.to)
    elif isinstance(entry, Slice):
        state.slice_to(entry.instant, entry.user, effects)
    elif not isinstance(entry, Adopted):  # which changed no figure: Redis is compared afterwards
        records, topics = merged(entry)
        _replay_events(state, records, topics, set(entry.skipped), decoder)


def _replay_events(
    state: Partition,
    records: Sequence[KafkaRecord],
    topics: Sequence[int],
    skipped: Container[tuple[int, int]],
    decoder: Decoder,
) -> None:
    effects = Effects()
    events = decoded(decoder, records, topics)
    for topic, record, event in zip(topics, records, events, strict=True):
        # refused here only: it was applied under another catalogue, of another currency
        if (topic, record.offset) in skipped or isinstance(event, Rejected):
            continue
        origin = None if topic < OWNED else origin_of(record)[1]
        state.apply(topic, record.offset, event, record.timestamp, effects, origin)
        effects.changes.clear()
        effects.alerts.clear()
