"""The engine on a file of events: the same computation as a worker's, as one partition."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agents.decoding import CONTENTS
from agents.offline.events import Refused
from agents.offline.sink import Sink, Tags
from schemas.events import TOPIC_OF, Event
from schemas.topics import INPUT_TOPICS, TOPICS
from streams.contents import Contents, rules_of
from streams.effects import Asked
from streams.engine import Effects, Engine

_MOST_CHANGES = 500  # kept in memory before they are written
MOST_DECODED = 200_000  # users: no checkpoint wants their rows, but they take twice the room
FOR_EVER = 1 << 62
_DERIVED: Final = TOPICS.index("derived")
INDEX_OF: Final[Mapping[str, int]] = {kind: TOPICS.index(topic) for kind, topic in TOPIC_OF.items()}


@dataclass(slots=True)
class Summary:
    """What came of a replay; times in epoch ms."""

    clock: int = -1
    outcomes: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    after_until: int = 0
    users: int = 0
    changes: int = 0
    alerts: int = 0

    @property
    def lines(self) -> int:
        """How many there were, blank ones aside."""
        return self.outcomes.total() + self.rejected.total() + self.after_until


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
        self.partition = engine.partition(0, topics, MOST_DECODED)
        self.summary = Summary()
        self._sink, self._started, self._until = sink, started, until
        self._out = Effects()
        self._offsets = [0] * len(INPUT_TOPICS)  # by topic index
        self._contents, self._compared = Contents(rules_of(engine.catalogue)), -1
        self._derived = 0  # the next offset there

    def run(self, decoded: Iterable[Event | Refused]) -> Summary:
        """Apply all events, settle up to `until`, and write everybody's tags."""
        self._apply_all(decoded)
        if self._until is not None:
            self._settle_until(self._until)
        self._flush()
        self._sink.tags(self._everybody())
        self.summary.users, self.summary.clock = self.partition.users, self.partition.clock
        return self.summary

    def _apply_all(self, decoded: Iterable[Event | Refused]) -> None:
        """Take line after line: nothing is looked up here that was known before the first."""
        partition, out, offsets, started = self.partition, self._out, self._offsets, self._started
        ahead, settle, apply = partition.ahead, partition.settle, partition.apply
        outcomes, changes, alerts = self.summary.outcomes, out.changes, out.alerts
        asked = out.asked
        until = FOR_EVER if self._until is None else self._until
        for one in decoded:
            if isinstance(one, Refused):
                self._refuse(one)
                continue
            topic, time = INDEX_OF[one.type], one.time
            offset = offsets[topic]
            offsets[topic] = offset + 1
            if time > until:
                self.summary.after_until += 1
                continue
            while ahead(time) and settle(time, _MOST_CHANGES, out):
                self._flush()
            outcomes[apply(topic, offset, one, started, out)] += 1
            if asked:
                self._compare(asked)
            if len(changes) >= _MOST_CHANGES or len(alerts) >= _MOST_CHANGES:
                self._flush()

    def _compare(self, asked: list[Asked]) -> None:
        """What an event asked across users is answered at once, before the next event."""
        for one in asked:
            self._compared += 1
            place = (f"{TOPICS[one.topic]}:0", one.offset)
            for _, number, copied in self._contents.apply(self._compared, one.what, place):
                self._derived += 1
                origin = (f"{CONTENTS}:0", number)
                self.partition.apply(
                    _DERIVED, self._derived - 1, copied, self._started, self._out, origin
                )
        asked.clear()

    def _refuse(self, refused: Refused) -> None:
        """Keep a line that is no event."""
        if refused.topic is not None:  # it has its place in its topic all the same
            self._offsets[TOPICS.index(refused.topic)] += 1
        self.summary.rejected[refused.rejected.reason] += 1
        self._sink.reject(refused.line, refused.rejected)

    def _settle_until(self, until: int) -> None:
        """Settles the deadlines up to and including the end."""
        self.partition.tick(until)
        while self.partition.slice(_MOST_CHANGES, _MOST_CHANGES, self._out):
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

    def _everybody(self) -> Iterator[Tags]:
        for user_id in sorted(self.partition.user_ids()):
            yield user_id, self.partition.values(user_id)
