"""The replay of some of the users, told by a hash; all shares together are the replay.

Users touch each other in the clock alone, and in the order in which everything is told. So each
share reads all events, for the clock, their numbers and offsets, and applies those of its own
users. Before each it settles what others' events have made due in between.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final
from zlib import crc32

from agents.offline.batches import AT_DEADLINE, AT_END, AT_EVENT, LAST, Batch, Counts, Place
from agents.offline.events import Refused
from agents.offline.replay import FOR_EVER, INDEX_OF, MOST_DECODED, Summary
from agents.offline.sink import ALERTS, CHANGES, REJECTS, TAGS, encode_lines, fault_of, tags_of
from schemas.events import Event
from schemas.topics import INPUT_TOPICS, TOPICS
from streams.engine import Effects, Engine

ROUND: Final = 2_000  # lines
MOST_CHANGES: Final = 2_000  # of deadlines, in one batch


class Share:
    """Part `part` of `parts` of a `Replay` with the same other arguments.

    Not for a catalogue that looks across users. Part 0 also tells what is no event.
    """

    def __init__(
        self,
        engine: Engine,
        topics: Sequence[str],
        part: int,
        parts: int,
        started: int,
        until: int | None = None,
    ) -> None:
        self._partition = engine.partition(0, topics, MOST_DECODED // parts)
        self._part, self._parts, self._started = part, parts, started
        self._until = until
        self._summary = Summary()
        self._clock = -1  # that of all users
        self._number = 0  # of the last line
        self._offsets = [0] * len(INPUT_TOPICS)  # by topic index
        self._out = Effects()
        self._changes: list[Place] = []  # of those in `_out`
        self._alerts: list[Place] = []
        self._faults: list[dict[str, object]] = []
        self._rejects: list[Place] = []

    def batches(self, decoded: Iterator[Event | Refused]) -> Iterator[Batch]:
        """Apply the events, settle up to `until`, and tell everybody's tags."""
        while some := list(islice(decoded, ROUND)):
            yield from self._apply(some)
            yield from self._settle(self._clock)
            yield self._told((self._clock, AT_EVENT, self._number))
        if self._until is not None:
            yield from self._settle_until(self._until)
        yield from self._everybody()
        yield Batch(LAST, {}, self._counts())

    def _apply(self, some: Sequence[Event | Refused]) -> Iterator[Batch]:
        """Take line after line: as `Replay` does, but for the clock that others move."""
        partition, out, offsets, started = self._partition, self._out, self._offsets, self._started
        ahead, apply, outcomes = partition.ahead, partition.apply, self._summary.outcomes
        changes, alerts, part, parts = out.changes, out.alerts, self._part, self._parts
        changed, alerted = self._changes, self._alerts
        until = FOR_EVER if self._until is None else self._until
        clock, first = self._clock, self._number + 1
        for number, one in enumerate(some, first):
            if isinstance(one, Refused):
                self._refuse(one, (clock, AT_EVENT, number))
                continue
            topic, time = INDEX_OF[one.type], one.time
            offset = offsets[topic]
            offsets[topic] = offset + 1
            if time > until:
                self._summary.after_until += part == 0
                continue
            before = clock
            if time > clock:  # noqa: PLR1730 - max() takes 0.1 us more
                clock = time
            if crc32(one.user_id.encode()) % parts != part:
                continue
            if ahead(clock):
                yield from self._settle(clock)
            if partition.clock < before:  # noqa: PLR1730 - the same
                partition.clock = before
            outcomes[apply(topic, offset, one, started, out)] += 1
            if len(changes) > len(changed):
                changed += [(clock, AT_EVENT, number)] * (len(changes) - len(changed))
            if len(alerts) > len(alerted):
                alerted += [(clock, AT_EVENT, number)] * (len(alerts) - len(alerted))
        self._clock, self._number = clock, self._number + len(some)

    def _refuse(self, refused: Refused, place: Place) -> None:
        if refused.topic is not None:  # it has its place in its topic all the same
            self._offsets[TOPICS.index(refused.topic)] += 1
        if self._part == 0:
            self._summary.rejected[refused.rejected.reason] += 1
            self._faults.append(fault_of(refused.line, refused.rejected))
            self._rejects.append(place)

    def _settle(self, before: int) -> Iterator[Batch]:
        """Settle the deadlines before an instant."""
        while done := self._partition.settle(before, MOST_CHANGES, self._out):
            self._place_deadlines()
            yield self._told((done.instant, AT_DEADLINE, done.user))
        self._place_deadlines()

    def _settle_until(self, until: int) -> Iterator[Batch]:
        """Settle the deadlines up to and including the end."""
        self._clock = max(self._clock, until)
        self._partition.tick(until)
        while done := self._partition.slice(MOST_CHANGES, MOST_CHANGES, self._out):
            self._place_deadlines()
            yield self._told((done.instant, AT_DEADLINE, done.user))

    def _place_deadlines(self) -> None:
        """What came since the last line has its place by its instant and user."""
        for told, places in ((self._out.changes, self._changes), (self._out.alerts, self._alerts)):
            new = told[len(places) :]
            places += [(one.time, AT_DEADLINE, one.user_id) for one in new]

    def _told(self, upto: Place) -> Batch:
        """Make a batch of all that has gathered."""
        gathered = (
            (CHANGES, self._changes, self._out.changes),
            (ALERTS, self._alerts, self._out.alerts),
            (REJECTS, self._rejects, self._faults),
        )
        lines = {}
        for name, places, values in gathered:
            if values:
                lines[name] = places.copy(), encode_lines(values)
                places.clear()
                values.clear()
        return Batch(upto, lines)

    def _everybody(self) -> Iterator[Batch]:
        """What everybody has in the end."""
        values = self._partition.values
        users = sorted(self._partition.user_ids())
        for some in tags_of((user, values(user)) for user in users):
            places: list[Place] = [(FOR_EVER, AT_END, str(one["user_id"])) for one in some]
            yield Batch(places[-1], {TAGS: (places, encode_lines(some))})

    def _counts(self) -> Counts:
        told = self._summary
        users, after_until = self._partition.users, told.after_until
        return Counts(self._clock, users, told.outcomes, told.rejected, after_until)
