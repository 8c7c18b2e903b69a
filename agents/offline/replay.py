"""The engine on a file of events: the same computation as a worker's, as one partition."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from agents.offline.events import Decoded
from agents.offline.sink import Sink, Tags
from schemas.events import Event
from schemas.topics import TOPICS
from streams.engine import Effects, Engine

_MOST_CHANGES = 500  # kept in memory before they are written
_COOL_EACH = 50_000  # events: so many rows at most are decoded (some KB each)
_INDEX: dict[str, int] = {topic: index for index, topic in enumerate(TOPICS)}


@dataclass(slots=True)
class Summary:
    """What came of a replay; times in epoch ms."""

    clock: int = -1
    lines: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    after_until: int = 0
    users: int = 0
    changes: int = 0
    alerts: int = 0


class Replay:
    """Feeds one partition with events in the order given, and the sink with what comes of it.

    `topics`: the full names of the topics by topic index, for the causes. `started`: the wall
    clock (ms) that stands for the arrival of every event. With `until`, later events are only
    counted, and at the end the clock goes there.
    """

    def __init__(
        self,
        engine: Engine,
        topics: Sequence[str],
        sink: Sink,
        started: int,
        until: int | None = None,
    ) -> None:
        self.partition = engine.partition(0, topics)
        self.summary = Summary()
        self._sink, self._started, self._until = sink, started, until
        self._out = Effects()
        self._offsets = dict.fromkeys(_INDEX, 0)

    def run(self, decoded: Iterable[Decoded]) -> Summary:
        """Apply all events, settles up to `until`, and writes everybody's tags."""
        for number, one in enumerate(decoded, 1):
            self.summary.lines = number
            self._take(one)
            if number % _COOL_EACH == 0:
                self._cool()
        if self._until is not None:
            self._settle_until(self._until)
        self._sink.tags(self._everybody())
        self.summary.users, self.summary.clock = self.partition.users, self.partition.clock
        return self.summary

    def _take(self, one: Decoded) -> None:
        line, time, topic, event, rejected = one
        if topic is not None:  # a rejected event has its place in its topic all the same
            offset = self._offsets[topic]
            self._offsets[topic] = offset + 1
        if rejected is not None:
            self.summary.rejected[rejected.reason] += 1
            self._sink.reject(line, rejected)
        elif self._until is not None and time > self._until:
            self.summary.after_until += 1
        else:
            assert topic is not None
            assert event is not None
            self._apply(_INDEX[topic], offset, event)

    def _apply(self, topic: int, offset: int, event: Event) -> None:
        partition, out = self.partition, self._out
        while partition.ahead(event.time) and partition.settle(event.time, _MOST_CHANGES, out):
            self._flush()
        outcome = partition.apply(topic, offset, event, self._started, out)
        self.summary.outcomes[outcome] += 1
        if out.changes or out.alerts:
            self._flush()

    def _settle_until(self, until: int) -> None:
        """Settles the deadlines up to and including the end."""
        self.partition.tick(until)
        while self.partition.slice(_MOST_CHANGES, _MOST_CHANGES, self._out):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        """Numbers what came out and hands it on."""
        for change in self._out.changes:
            self.summary.changes += 1
            change.seq = self.summary.changes
        for alert in self._out.alerts:
            self.summary.alerts += 1
            alert.seq = self.summary.alerts
        self._sink.changes(self._out.changes)
        self._sink.alerts(self._out.alerts)
        self._out.changes.clear()
        self._out.alerts.clear()

    def _cool(self) -> None:
        """Lets the partition pack the rows of users who rest: memory goes by users, not events."""
        self.partition.take_dirty()

    def _everybody(self) -> Iterator[Tags]:
        for user_id in sorted(self.partition.user_ids()):
            states = self.partition.snapshot(user_id)
            yield user_id, {name: state.value for name, state in states.items()}
