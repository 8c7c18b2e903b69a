"""The engine: events and the clock go in, tag changes and alerts come out.

An `Engine` is a compiled catalogue; a `Partition` is the state of one partition's users under
it. The story is `Partition.apply`: settle what was due before the event, take the event in,
decide the tags that it can touch. It is pure: the same events, ticks and slices in the same
order give the same effects and the same rows, bit for bit, wherever it is interrupted.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from schemas.alerts import Alert, Title
from schemas.changes import (
    CatalogueCause,
    Cause,
    EraseCause,
    EventCause,
    ExpiryCause,
    OverrideCause,
    TagChange,
    TagValue,
)
from schemas.events import Event
from schemas.postings import Forget
from streams.catalogue.model import Catalogue
from streams.communities import Counts, add
from streams.compiler.code import Unsupported
from streams.compiler.layout import Described
from streams.compiler.program import compile_catalogue
from streams.contents import evidence_across, posting_of
from streams.deadlines import Deadlines
from streams.detectors.kind import ASKS
from streams.domains import correction_fault, domains_of
from streams.effects import Asked, Effects, Move, Outcome, Settled, TagState
from streams.erasures import Erasures, Place
from streams.findings import Findings
from streams.forgetting import farewell, strip
from streams.override import Said, said_of, set_override, word_of
from streams.predecessors import UNKNOWN, Predecessors, Shown, put_tags, tags_of
from streams.repeats import KEPT, is_repeat, mark
from streams.row import OFFSETS, SEEN, LayoutChanged, State, deadline
from streams.users import DECODED, Users
from streams.windows import NEVER

__all__ = ["Effects", "Engine", "LayoutChanged", "Outcome", "Partition", "Settled", "Unsupported"]

_EXPIRY = ExpiryCause()
_CATALOGUE = CatalogueCause()
_STALE_MS = 3_600_000  # an event so far behind its record is a backfill: too late to act on
_NO_LIMIT = 1 << 62


class Engine:
    """A catalogue, compiled once; immutable and shared by partitions.

    `source` is the generated Python. Unsupported, naming the line, if the catalogue asks for
    what this version cannot compute.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.program = compile_catalogue(catalogue)
        self.source = self.program.source
        self.layout = self.program.layout.fingerprint  # what our rows and checkpoints carry
        self.description = self.program.layout.description  # and what the changelog keeps of it
        self.domains = domains_of(catalogue)

    def partition(self, number: int, topics: Sequence[str], decoded: int = DECODED) -> "Partition":
        """Make an empty partition; `topics` are full names by topic index, for causes.

        `decoded`: so many users at most are kept decoded, the others as rows.
        """
        return Partition(self, number, topics, decoded)


class Partition:
    """The state of one partition.

    `clock` is epoch ms, -1 before the first event, and never goes back. `ticked` is the largest
    tick: deadlines up to and including it are due. `origins` has the highest applied offset of
    each partition that forwards records here. These three, `predecessors.counted_since`, the
    rows and `erasures` are all the state: keep them together. `users` counts those who exist.
    """

    def __init__(self, engine: Engine, number: int, topics: Sequence[str], decoded: int) -> None:
        self.clock = -1
        self.ticked = -1
        self.origins: dict[str, int] = {}
        self.users = 0
        self.predecessors = Predecessors(engine.catalogue, engine.program, engine.domains)
        self.domains, self.layout = engine.domains, engine.layout
        self._engine = engine
        self._program = engine.program
        self._plans = engine.program.plans
        self._settle, self._overridden = engine.program.settle, engine.program.overridden
        self._catalogue = engine.catalogue.id
        self._number, self._topics = number, topics
        self._forget_after = engine.catalogue.forget_after
        forgets = self._forget_after is not None
        self._users = Users(engine.program, forgets=forgets, decoded=decoded)
        self._states, self._wake = self._users.states, self._users.wake  # for the hot path
        self.erasures = Erasures()
        self._erased = self.erasures.kept  # seen at every event that is not ahead of the clock
        self._deadlines = Deadlines(self._deadline_of)
        self.instants = self._deadlines.instants
        """The heap of instants at which deadlines may be, for who looks at it at every event."""
        self.has_row = self._states.__contains__
        """Whether anything is kept of a user, be it that they were erased."""
        self._moves: list[Move] = []  # emptied after each decision
        self._hits = Findings()

    # -- events

    def apply(
        self,
        topic: int,
        offset: int,
        event: Event,
        arrived: int,
        out: Effects,
        origin: tuple[str, int] | None = None,
    ) -> Outcome:
        """Settle what was due before the event, then apply it: see `apply_settled`."""
        if self.ahead(event.time) and not self.due:
            self.settle(event.time, _NO_LIMIT, out)
        return self.apply_settled(topic, offset, event, arrived, out, origin)

    def apply_settled(  # noqa: C901, PLR0911, PLR0912 - the story, on one screen; a call costs 0.1 us
        self,
        topic: int,
        offset: int,
        event: Event,
        arrived: int,
        out: Effects,
        origin: tuple[str, int] | None = None,
    ) -> Outcome:
        """Apply the record at `offset` of the topic with this index; say how it was taken.

        No deadline of anybody before the event's time is left but those for slices. `arrived` is
        the record's timestamp. `origin` is where a forwarded record came from:
        ("topic:partition", offset).
        """
        time, user = event.time, event.user_id
        at = self.clock
        if time > at:
            self.clock = at = time
        elif self._erased and (passed := self.erasures.judge(event, (topic, offset), at)):
            return "duplicate" if origin and self._was_forwarded(*origin) else passed
        if origin is not None:
            if self._was_forwarded(*origin):
                return "duplicate"
            if event.type == "copied":
                return self._hear(topic, offset, event, out)
        s = self._states.get(user)
        if s is None or isinstance(s, bytes):  # isinstance(s, State) takes 0.1 us more
            s = self._wake(user, s)
        if offset <= getattr(s, OFFSETS[topic]):
            if event.type == "erase":  # the row of who came back was written, the marker was not
                self.erasures.note(user, event, (topic, offset), at)
            return "known"
        setattr(s, OFFSETS[topic], offset)
        had, take, react = self._plans[event.type]
        seen, digest = getattr(s, had), mark(event.source, event.id)
        if digest in seen and is_repeat(seen, digest):
            return "duplicate"

        before = s.deadline
        if before <= at:
            # at the same instant the event counts first, unless the clock was there before it
            self._catch_up(user, s, at if time < at or self.ticked >= at else at - 1, out)
            seen = getattr(s, had)  # gone, if the user was forgotten
        setattr(s, had, (seen + digest)[-KEPT:])
        if take is None:
            return self._obey(user, s, event, (topic, offset), before, out)
        look, late = take(s, event, at, self._hits)
        if s.deadline <= at or not s.known or (look and s.overrides is not None):
            if not s.known and self._is_long_past(time):
                return self._pass_over(user, s)
            self._decide(s, at)
            self.users += not s.known
            s.known = True
        elif look:
            react(s, at, self._moves, look)
        s.clk = at
        if self._moves or self._hits:
            where = self._topics[topic], self._number, offset
            cause = EventCause(*where, event.source, event.id)
            self._emit(user, at, cause, out)
            if self._hits:
                self._alert(user, at, cause, arrived - time > _STALE_MS, out)
        if s.deadline != before:
            self._deadlines.moved(user, before, s.deadline)
        return "late" if late else "applied"

    def ahead(self, time: int) -> bool:
        """Whether a deadline before `time` may be unsettled: the cheap test of the hot path."""
        return bool(self.instants) and self.instants[0] < time

    @property
    def due(self) -> bool:
        """Whether a tick made deadlines due that no slice has settled yet.

        While it is so, an event settles only its own user: the others are for slices.
        """
        # not by `instants`: those of others' old deadlines among them a restore would not have
        return self._deadlines.first((self.ticked + 1,)) is not None

    def settle(self, before: int, limit: int, out: Effects) -> Settled | None:
        """Settle deadlines at instants < `before`; the clock follows them.

        Stops after the user that brings `out.changes` to `limit`, and returns where; None if
        nothing is left.
        """
        while due := self._deadlines.pop((before,)):
            self._settle_one(due, out)
            self.clock = max(self.clock, due[0])
            if len(out.changes) >= limit:
                return Settled(*due)
        return None

    # -- the clock

    def tick(self, to: int) -> None:
        """Move the clock; deadlines up to and including `to` are now due."""
        self.clock = max(self.clock, to)
        self.ticked = max(self.ticked, to)

    def slice(self, limit_users: int, limit_changes: int, out: Effects) -> Settled | None:
        """Settle some of what the ticks made due; return the last settled, None if nothing was."""
        last = None
        for _ in range(limit_users):
            due = self._deadlines.pop((self.ticked + 1,))
            if due is None:
                break
            self._settle_one(due, out)
            last = Settled(*due)
            if len(out.changes) >= limit_changes:
                break
        return last

    def slice_to(self, instant: int, user: str, out: Effects) -> None:
        """Settle again what a journaled slice had settled: everything up to this pair."""
        self.clock = max(self.clock, instant)
        while due := self._deadlines.pop((instant, user)):
            self._settle_one(due, out)

    # -- state

    def take_dirty(self) -> list[tuple[str, bytes | None]]:
        """Rows and erasures changed since the last call, encoded; None where something is gone.

        To be written in this order: a later one of the same key counts.
        """
        return self.erasures.take_dirty(self.clock) + self._users.take_dirty()

    def load(self, user: str, row: bytes | None) -> None:
        """Restore one row or erasure; a later one replaces it. `loaded` ends restoring.

        None: it is gone. LayoutChanged if a later program wrote it.
        """
        if user < " ":  # no user's id
            self.erasures.load(user, row)
            return
        if row:
            self.predecessors.note(row)
        users = self._users
        was = user in users
        users.load(user, row)
        self.users += (user in users) - was

    def mark_dirty(self, user: str) -> None:
        """The row or erasure must be written again: the next `take_dirty` brings it."""
        if user < " ":
            self.erasures.mark_dirty(user)
        else:
            self._users.mark_dirty(user)

    def loaded(self, layouts: Mapping[int, Described] = MappingProxyType({})) -> None:
        """All rows are restored: build the index of deadlines.

        `layouts` describes those of other catalogues, by fingerprint: LayoutChanged if the one
        of a row is missing. Such rows can be used from now on; their tags are as the other
        catalogue left them until `adopt` decides them.
        """
        self.erasures.loaded()
        self.predecessors.describe(self._users.rows(), layouts)
        self._deadlines.rebuild((self._deadline_of(user), user) for user in self._states)

    def adopt(self, user: str, shown: Shown | None, out: Effects) -> None:
        """Decide a user by the catalogue as it is now: what differs from `shown` is a change.

        `shown`: value and since of each tag as readers see it; None: as the row says. The
        instant is the present clock, also for deadlines that were due and not settled.
        """
        s: Any = self._users.in_use(user)
        before, at = s.deadline, max(self.clock, s.clk)
        order, others = self._program.explain, self.predecessors
        old = tags_of(s, order) if shown is None else shown
        put_tags(s, order, others.possible(old))
        if s.known and self._forget_after is not None and at - s.active >= self._forget_after:
            self._drop(user, s)
        elif s.known:
            self._decide(s, at)
            s.clk = at
        else:  # forgotten while the journal was replayed
            put_tags(s, order, {})
            self._moves += [(tag, was[0], None, UNKNOWN) for tag, was in old.items()]
        self._moves[:] = others.moves(self._moves, old)
        self._emit(user, at, _CATALOGUE, out)
        if s.deadline != before:
            self._deadlines.moved(user, before, s.deadline)

    def take_counts(self) -> Counts:
        """By how much the counts of communities differ since the last call."""
        return self._hits.take_counts()

    def counts_of(self, users: Iterable[str]) -> Counts:
        """What these users count for in each community; changes nothing."""
        counts: Counts = {}
        if self._program.counts is not None:
            for user in users:
                s = self._users.look(user)
                if s is not None and s.known:
                    add(counts, self._program.counts(s))
        return counts

    def snapshot(self, user: str) -> dict[str, TagState]:
        """All tags of a user, explained anew at the present clock; changes nothing."""
        s = self._users.copy(user)
        if s is None:
            return {}
        at = max(self.clock, s.clk)
        self._program.advance(s, at)
        tags = {}
        for tag, explain in self._program.explain.items():
            value = getattr(s, f"tag_{tag}")
            if value is not None:
                over = s.overrides.get(tag) if s.overrides is not None else None
                is_on = over is not None and over.value is not None
                why = over.why(tag) if over and is_on else explain(s, at, value)
                why = self.predecessors.marked(tag, why, at)
                tags[tag] = TagState(value, getattr(s, f"since_{tag}"), why)
        return tags

    def values(self, user: str) -> dict[str, TagValue]:
        """Return the tags of a user as they stand, unexplained: much cheaper than `snapshot`."""
        return {tag: value for tag, (value, _) in self.shown(user).items()}

    def shown(self, user: str) -> dict[str, tuple[TagValue, int]]:
        """Return value and since of the tags of a user: what readers see of them."""
        return self.shown_and_said(user)[0]

    def shown_and_said(self, user: str) -> tuple[dict[str, tuple[TagValue, int]], Said]:
        """Return the same, and of tags that a person decided what their `why` says for a rule."""
        s = self._users.look(user)
        if s is None:
            return {}, {}
        return tags_of(s, self._program.explain), said_of(s.overrides)

    def user_ids(self) -> Iterable[str]:
        """Everybody who exists."""
        return (user for user in self._states if user in self._users)

    def all_users(self) -> list[str]:
        """Everybody of whom there is a row, also those who do not exist (any more)."""
        return list(self._states)

    def user_clocks(self) -> Iterable[int]:
        """Each row's own clock: the partition's, when it is restored, is at none of them behind."""
        return (state.clk for state in self._users.all())

    def __contains__(self, user: str) -> bool:
        return user in self._users

    # -- inside

    def _was_forwarded(self, partition: str, offset: int) -> bool:
        """Whether this record of another partition was already sent on to us and applied."""
        if offset <= self.origins.get(partition, -1):
            return True
        self.origins[partition] = offset
        return False

    def _settle_one(self, due: tuple[int, str], out: Effects) -> None:
        """Decide a user at their deadline; note the next one."""
        instant, user = due
        s = self._users.in_use(user)
        self._expire(user, s, out)
        self._deadlines.moved(user, instant, s.deadline)

    def _catch_up(self, user: str, s: State, to: int, out: Effects) -> None:
        """Settle the user's own deadlines up to and including `to`."""
        while s.deadline <= to:
            self._expire(user, s, out)

    def _expire(self, user: str, s: State, out: Effects) -> None:
        """Decide the user anew at the deadline, with no event."""
        s.clk = at = max(s.deadline, s.clk)
        if self._forget_after is not None and at - s.active >= self._forget_after:  # type: ignore[attr-defined] # there is one then
            self._drop(user, s)
        else:
            self._decide(s, at)
        self._emit(user, at, _EXPIRY, out)
        if self._hits:
            self._alert(user, at, _EXPIRY, False, out)  # noqa: FBT003 - no event is behind it

    def _decide(self, s: State, at: int) -> None:
        """Decide all tags of a user."""
        settle = self._settle if s.overrides is None else self._overridden
        settle(s, at, self._moves, self._hits)

    # -- what was found across users

    def _hear(self, topic: int, offset: int, event: Any, out: Effects) -> Outcome:
        """A post of the user says what others said: a hit, unless the user is gone since."""
        user, at = event.user_id, self.clock
        hear = self._program.hears.get(event.detector)
        if hear is None or not self.has_row(user):
            return "applied"
        s = self._users.in_use(user)
        if offset <= s.offset_derived:
            return "known"
        s.offset_derived, before = offset, s.deadline
        self._catch_up(user, s, at if event.time < at or self.ticked >= at else at - 1, out)
        if s.known:
            hear(s, at, self._hits, evidence_across(event))
            self._decide(s, at)
            s.clk = at
            cause = EventCause(self._topics[topic], self._number, offset, event.source, event.id)
            self._emit(user, at, cause, out)
            self._alert(user, at, cause, event.stale, out)
        if s.deadline != before:
            self._deadlines.moved(user, before, s.deadline)
        return "applied"

    # -- orders: erase and override

    def _obey(  # the arguments of `_erase` and `_correct`
        self, user: str, s: Any, event: Any, place: Place, before: int, out: Effects
    ) -> Outcome:
        """What a person ordered about the user is done."""
        if event.type == "erase":
            self.erasures.add(user, event, place, self.clock)
            self._erase(user, s, before, out)
            if self._program.hears:
                out.asked.append(Asked(*place, Forget(user)))
            return "applied"
        if not s.known and self._is_long_past(event.time):
            return self._pass_over(user, s)
        at = self.clock
        if self._forget_after is not None:
            s.active = max(s.active, event.time)
        self._correct(s, event, at)
        self._decide(s, at)
        self.users += not s.known
        s.known, s.clk = True, at
        self._emit(user, at, OverrideCause(event.by, event.reason), out)
        if s.deadline != before:
            self._deadlines.moved(user, before, s.deadline)
        return "applied"

    def _correct(self, s: Any, event: Any, at: int) -> None:
        """Note an override; one that the catalogue has no place for changes nothing.

        The worker rejects such events. Only in a replay under another catalogue they come here.
        """
        if correction_fault(self.domains, event.tag, event.value) is not None:
            return
        tag, word = event.tag, word_of(event, at)
        s.overrides = s.overrides if s.overrides is not None else {}
        set_override(s.overrides, tag, word, getattr(s, f"tag_{tag}"), getattr(s, f"since_{tag}"))

    # -- forgetting

    def _is_long_past(self, time: int) -> bool:
        """Whether one event of this time keeps nobody any more."""
        return self._forget_after is not None and time <= self.clock - self._forget_after

    def _pass_over(self, user: str, s: State) -> Outcome:
        """An event of long ago of somebody unknown: who comes so late is forgotten already."""
        self._hits.clear()
        self._count_out(s)
        kept = OFFSETS if self._users.is_dropped(user) else (*OFFSETS, *SEEN, "clk")
        strip(s, self._program.fresh(), kept)
        return "late"

    def _drop(self, user: str, s: Any) -> None:
        """Forget a user who was silent for so long: all tags go, and no row is left.

        Offsets stay until the next checkpoint: a row of a user who comes back, written by a
        checkpoint that was not finished, must know the events from before.
        """
        assert self._forget_after is not None
        self._moves += farewell(s, self._program.explain, self._forget_after)
        self._count_out(s)
        strip(s, self._program.fresh(), OFFSETS)
        self._users.drop(user)
        self.users -= 1

    def _erase(self, user: str, s: State, before: int, out: Effects) -> None:
        """Forget everything; as in `_drop`, offsets stay until the next checkpoint."""
        if s.known:
            gone = (None, None, None, self.clock, EraseCause(), None)
            out.changes.append(TagChange(0, user, *gone, self._catalogue))
            self.users -= 1
            self._count_out(s)
        strip(s, self._program.fresh(), OFFSETS)
        self._users.drop(user)
        self._deadlines.moved(user, before, NEVER)

    def _count_out(self, s: State) -> None:
        """Whoever is forgotten counts for nothing any more."""
        if self._program.counts is not None:
            add(self._hits.counts, self._program.counts(s), times=-1)

    def _emit(self, user: str, at: int, cause: Cause, out: Effects) -> None:
        """Make changes of the moves."""
        if self.predecessors.warming is not None:
            marked = self.predecessors.marked
            self._moves[:] = [(t, old, new, marked(t, why, at)) for t, old, new, why in self._moves]
        for tag, old, new, why in self._moves:
            change = TagChange(0, user, tag, old, new, at, cause, why, self._catalogue)
            out.changes.append(change)
        self._moves.clear()

    def _alert(self, user: str, at: int, cause: Cause, stale: bool, out: Effects) -> None:  # noqa: FBT001 - it is the field of the alert
        """Make alerts of the hits, and a question of those that ask."""
        asking = []
        for detector, evidence, suppressed, timed in self._hits:
            if suppressed == ASKS:
                asking.append(detector.name)
                continue
            title, why = Title(**detector.title), _EXPIRY if timed else cause
            what = (detector.name, detector.severity, title, at, why, evidence)
            out.alerts.append(Alert(0, user, *what, suppressed, stale))
        if asking and isinstance(cause, EventCause):
            posting = posting_of(self._hits, tuple(asking), stale=stale)
            out.asked.append(Asked(self._topics.index(cause.topic), cause.offset, posting))
        self._hits.clear()

    def _deadline_of(self, user: str) -> int:
        """The present deadline of a user, decoded or not."""
        state = self._states.get(user)
        if state is None:  # forgotten since
            return NEVER
        return state.deadline if isinstance(state, State) else deadline(state)
