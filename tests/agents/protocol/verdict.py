"""Is it right? What is published against the offline engine, and the state against the events.

The offline engine applies the journal of the calls that took effect, merged in the slow way
of the end-to-end audit; its input was written down by the simulated Redis, not by a worker.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from agents.decoding import origin_of
from agents.session import Session
from schemas.changes import encode_change
from schemas.decode import Decoder
from schemas.journal import Events, Slice, Tick
from schemas.records import encode_erasure
from schemas.rejects import Rejected
from schemas.topics import TOPICS
from streams.effects import Effects
from streams.engine import Partition
from streams.erasures import key_of
from streams.row import OFFSETS, State, compressed
from tests.agents.folded import fold
from tests.agents.protocol.redis_box import Bad, Box, Published
from tests.chaos.logs import oldest_heads_first

if TYPE_CHECKING:
    from tests.agents.protocol.world import World

Hashes = dict[str, dict[str, Any]]


@dataclass(slots=True, frozen=True)
class Sent:
    """A record as it was sent; `event` is None if it is none."""

    topic: int
    offset: int
    event: Mapping[str, Any] | None


@dataclass(slots=True, frozen=True)
class Base:
    """What a run began with."""

    rows: dict[str, bytes]
    erasures: dict[str, bytes]
    clock: int
    ticked: int
    origins: dict[str, int]
    seq: int
    alert_seq: int
    hashes: Hashes

    @classmethod
    def of(cls, session: Session, box: Box) -> "Base":
        state, meta = session.state, box.meta
        numbers = (int(meta[b"seq"]), int(meta[b"alert_seq"]))
        rows, thaw = rows_of(state), state._program.codec.thaw
        if state.clock < max((thaw(row).clk for row in rows.values()), default=-1):
            raise Bad("a run begins at a clock before what was published")
        place = (state.clock, state.ticked, dict(state.origins))
        return cls(rows, erasures_of(state), *place, *numbers, hashes_of(box))


def rows_of(state: Partition) -> dict[str, bytes]:
    """The rows of all who exist, as they would be written; the state is left as it is."""
    codec = state._program.codec
    return {
        user: codec.freeze(codec.copy(s)) if isinstance(s, State) else compressed(s)
        for user, s in state._users.states.items()
        if user in state
    }


def erasures_of(state: Partition) -> dict[str, bytes]:
    """The markers of erased users, as they would be written."""
    return {key: encode_erasure(erasure) for key, erasure in state.erasures.kept.items()}


def same_rows(here: Partition, there: Partition) -> bool:
    """Whether two states have the same rows.

    Who came back after an erasure that a checkpoint has covered need not know the offsets from
    before it, of events that the marker keeps away now; in the offline engine there are no
    checkpoints.
    """
    ours, theirs, codec = rows_of(here), rows_of(there), here._program.codec
    for user in ours.keys() & theirs.keys():
        if key_of(user) in here.erasures.kept:
            own, other = codec.thaw(ours[user]), codec.thaw(theirs[user])
            for field in OFFSETS:
                setattr(other, field, min(getattr(own, field), getattr(other, field)))
            theirs[user] = codec.freeze(other)
    return ours == theirs


def hashes_of(box: Box) -> Hashes:
    """Users' hashes in Redis, parsed."""
    prefix = box.keys.user(0, "")
    keys = [key.decode() for key in box.redis.scan_iter(f"{prefix}*", count=1000)]
    found: Any = {key.removeprefix(prefix): box.redis.hgetall(key) for key in keys}
    return {u: {t.decode(): json.loads(v) for t, v in tags.items()} for u, tags in found.items()}


def check(world: "World", session: Session) -> None:
    """Raises Bad at the first difference."""
    begun, calls = world.box.truth()
    if begun is None:
        raise Bad("no run was ever finished")
    reference, effects = recompute(world, begun.base, calls)
    check_streams(world, begun.base, effects)
    check_hashes(world, session, begun.base, effects)
    if not same_rows(session.state, reference):
        raise Bad("the owner's rows differ from those of the offline engine")
    if erasures_of(session.state) != erasures_of(reference):
        raise Bad("the owner knows of other erasures than the offline engine")
    clocks = {int(world.box.meta[b"clock"]), session.state.clock, reference.clock}
    if len(clocks) != 1:
        raise Bad(f"clocks differ: {clocks}")
    check_communities(world, session)
    check_dead_letters(world)
    check_counts(world, session)
    if not world.box.lossy and len({run for run, _, _ in world.box.seen}) > 1:
        raise Bad("a new run though Redis lost nothing")


def recompute(world: "World", base: Base, calls: Sequence[Published]) -> tuple[Partition, Effects]:
    """The offline engine on the journal of a run."""
    state, effects = world.engine.partition(0, TOPICS), Effects()
    for key, row in (base.rows | base.erasures).items():
        state.load(key, row)
    state.loaded()
    state.clock, state.ticked = base.clock, base.ticked
    state.origins.update(base.origins)
    decoder = Decoder(world.engine.catalogue.currency)
    for before, after in pairwise(calls):
        if after.entry.n != before.entry.n + 1:
            raise Bad(f"call {after.entry.n} after {before.entry.n}")
    for entry in (e for call in calls for e in call.entry.e):
        if isinstance(entry, Tick):
            state.tick(entry.to)
        elif isinstance(entry, Slice):
            state.slice_to(entry.instant, entry.user, effects)
        elif isinstance(entry, Events):
            _events(world, state, entry, decoder, effects)
        else:
            raise Bad("nobody changed the catalogue")
    return state, effects


def _events(
    world: "World", state: Partition, entry: Events, decoder: Decoder, effects: Effects
) -> None:
    logs = [log.records for log in world.topics]
    for topic, record in oldest_heads_first(logs, entry.ranges):
        if (topic, record.offset) in entry.skipped:
            continue
        logical, origin = origin_of(record) if topic >= 3 else (TOPICS[topic], None)
        try:
            event = decoder.decode(logical, record.value, record.headers, record.timestamp)
        except Rejected as fault:
            raise Bad(f"the journal applies a record that was rejected: {fault}") from fault
        state.apply(topic, record.offset, event, record.timestamp, effects, origin)


def check_streams(world: "World", base: Base, effects: Effects) -> None:
    """Changes and alerts of the run, entry for entry; ids are dense."""
    keys = world.box.keys
    streams: Any = (
        (keys.changes(0), base.seq + 1, effects.changes),
        (keys.alerts(0), base.alert_seq + 1, effects.alerts),
    )
    for key, first, wanted in streams:
        found: Any = world.box.redis.xrange(key, min=f"{first}-0")
        for seq, effect in enumerate(wanted, first):
            effect.seq = seq
        here = [(f"{e.seq}-0", json.loads(encode_change(e))) for e in wanted]
        there = [(i.decode(), json.loads(fields[b"data"])) for i, fields in found]
        if here != there:
            at = next((n for n, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), -1)
            raise Bad(f"{key} differs at {at}: {len(there)} published, {len(here)} expected")


def check_hashes(world: "World", session: Session, base: Base, effects: Effects) -> None:
    """The hashes are the fold of the changes, and what the state says."""
    shown = hashes_of(world.box)
    if shown != fold(effects.changes, base.hashes):
        raise Bad("the hashes are not the fold of the changes")
    state = session.state
    for user in {*shown, *state.user_ids()}:
        held = {tag: (s.value, s.since) for tag, s in state.snapshot(user).items()}
        if held != {t: (v["value"], v["since"]) for t, v in shown.get(user, {}).items()}:
            raise Bad(f"the hash of {user} differs from the state")


def check_communities(world: "World", session: Session) -> None:
    """The counts of communities are what the users in the state count for."""
    redis, keys = world.box.redis, world.box.keys
    prefix = keys.community(0, "")
    found: Any = {
        key.decode().removeprefix(prefix): redis.hgetall(key)
        for key in redis.scan_iter(f"{prefix}*", count=1000)
    }
    there = {c: {f.decode(): int(n) for f, n in fields.items()} for c, fields in found.items()}
    state = session.state
    here = {c: fields for c, fields in state.counts_of(state.user_ids()).items() if fields}
    if there != here:
        raise Bad(f"communities {there}, the state has {here}")
    index: Any = redis.smembers(keys.communities(0))
    if {member.decode() for member in index} != here.keys():
        raise Bad(f"the index of communities is {index}")


def check_dead_letters(world: "World") -> None:
    """Every rejected record is there, and nothing else."""
    rejected = {(sent.topic, sent.offset) for sent in world.sent if sent.event is None}
    if rejected != world.dead_letters:
        raise Bad(f"dead letters {world.dead_letters}, rejected {rejected}")


def check_counts(world: "World", session: Session) -> None:
    """Every event counts once, whatever was lost: by the events alone, without an engine."""
    said = [s.event for s in world.sent if s.event and s.event["type"] != "copied"]
    for user in {str(event["user_id"]) for event in said}:
        events = [event for event in said if event["user_id"] == user]
        if any(event["type"] == "erase" for event in events):
            continue  # what came before and after depends on the merge: the engine's check has it
        counted = session.state.snapshot(user)["counted"].value
        if counted != str(len({event["id"] for event in events})):
            raise Bad(f"{user} counts {counted} events")
