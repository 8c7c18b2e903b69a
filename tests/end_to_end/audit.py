"""Compares what a partition published with what the offline engine computes from the journal.

Reads Kafka and Redis by itself and merges the topics in the slow, obvious way, so that a
fault in the worker's transport, recovery or publisher cannot hide in its own code.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from redis import Redis

from agents.names import Names
from agents.redis.keys import Keys
from agents.settings import Settings
from schemas.alerts import Alert
from schemas.changes import TagChange, encode_change
from schemas.decode import Decoder
from schemas.topics import TOPICS
from streams.engine import Effects, Engine
from tests.agents.folded import fold

Logs = list[list[Any]]
"""Records of one partition, by topic index."""


@dataclass
class Verdict:
    """What was compared, and every difference found."""

    events: int = 0
    changes: int = 0
    alerts: int = 0
    users: int = 0
    communities: int = 0
    differences: list[str] = field(default_factory=list)


def audit(settings: Settings, engine: Engine, partitions: int, *later: Engine) -> Verdict:
    """Audits all partitions; the workers must be idle, the journal and streams kept whole.

    `later`: of catalogues that came after the first. Where their measures differ, nothing may
    have been applied between the last checkpoint and the change: its owner counts that anew.
    """
    verdict, engines = Verdict(), (engine, *later)
    logs = asyncio.run(read_logs(settings, partitions))
    with Redis.from_url(settings.redis) as redis:
        for partition in range(partitions):
            Audit(settings, engines, redis, partition, logs[partition], verdict).run()
    return verdict


class Audit:
    """One partition."""

    def __init__(
        self,
        settings: Settings,
        engines: Sequence[Engine],
        redis: Any,
        partition: int,
        logs: Logs,
        verdict: Verdict,
    ) -> None:
        self.names, self.keys = Names.of(settings), Keys(settings.prefix)
        self.engines = {engine.layout: engine for engine in engines}
        self.redis, self.partition, engine = redis, partition, engines[0]
        self.logs, self.verdict = logs, verdict
        self.decoder = Decoder(engine.catalogue.currency)
        self.state = engine.partition(partition, self.names.topics)
        self.effects = Effects()

    def run(self) -> None:
        """Computes from the journal, then compares streams, hashes and positions."""
        journal = [
            json.loads(entry)
            for entry in self.redis.lrange(self.keys.journal(self.partition), 0, -1)
        ]
        for before, after in pairwise(journal):
            if after["n"] != before["n"] + 1:
                self.differ(f"journal: call {after['n']} after {before['n']}")
        for entry in journal:
            for applied in entry["e"]:
                self.apply(*applied)
        self.compare_positions()
        self.compare_stream("changes", self.expected_changes())
        self.compare_stream("alerts", self.expected_alerts())
        self.compare_hashes()
        self.compare_communities()

    def apply(self, kind: str, *what: Any) -> None:
        """One journal entry on the offline engine."""
        if kind == "tick":
            self.state.tick(what[0])
        elif kind == "slice":
            self.state.slice_to(what[0], what[1], self.effects)
        elif kind == "adopted":
            self.adopt(*what)
        else:
            self.apply_events(*what)

    def adopt(self, layout: int) -> None:
        """Another catalogue decides all tags anew; once, in however many calls it was published."""
        old = self.state
        if layout == old.layout:
            return
        described = self.engines[old.layout].program.layout.described
        shown = {user: old.shown(user) for user in old.all_users()}
        self.state = new = self.engines[layout].partition(self.partition, self.names.topics)
        for user, row in old.take_dirty():
            new.load(user, row)
        new.loaded({old.layout: described})
        new.clock, new.ticked, new.origins = old.clock, old.ticked, old.origins
        new.predecessors.begin(old.layout, new.clock)
        made, order = Effects(), self.order_of_users(len(self.effects.changes))
        for user in sorted(new.all_users(), key=lambda user: order.get(user, len(order))):
            new.adopt(user, shown.get(user, {}), made)
        self.effects.changes += made.changes

    def order_of_users(self, after: int) -> dict[str, int]:
        """In which they were adopted, which is that of the changelog: as the stream has it."""
        entries = self.redis.xrange(self.keys.changes(self.partition), f"({after}-0")
        users = (json.loads(fields[b"data"])["user_id"] for _, fields in entries)
        return {user: place for place, user in enumerate(dict.fromkeys(users))}

    def apply_events(self, ranges: list[list[int]], skipped: list[list[int]] | None = None) -> None:
        """Records of these ranges, oldest head first; `skipped` ones are rejects or strangers."""
        left_out = {tuple(place) for place in skipped or ()}
        for topic, record in oldest_heads_first(self.logs, ranges):
            if (topic, record.offset) in left_out:
                continue
            origin, logical = None, TOPICS[topic]
            for name, value in record.headers:
                if name == "tagstream.origin":
                    logical, number, offset = value.decode().split(":")
                    origin = (f"{logical}:{number}", int(offset))
                    logical = "derived" if logical == "contents" else logical
            event = self.decoder.decode(logical, record.value, record.headers, record.timestamp)
            self.state.apply(topic, record.offset, event, record.timestamp, self.effects, origin)
            self.verdict.events += 1

    def expected_changes(self) -> Iterator[dict[str, Any]]:
        """The offline engine's changes, numbered from 1."""
        for seq, change in enumerate(self.effects.changes, 1):
            yield self.numbered(change, seq)

    def expected_alerts(self) -> Iterator[dict[str, Any]]:
        """The offline engine's alerts, numbered from 1."""
        for seq, alert in enumerate(self.effects.alerts, 1):
            yield self.numbered(alert, seq)

    def numbered(self, effect: TagChange | Alert, seq: int) -> dict[str, Any]:
        effect.seq = seq
        return dict(json.loads(encode_change(effect)))  # type: ignore[arg-type] # encodes both

    def compare_stream(self, kind: str, expected: Iterator[dict[str, Any]]) -> None:
        """Entry for entry; ids are dense from 1."""
        key = getattr(self.keys, kind)(self.partition)
        published = [(i.decode(), json.loads(d[b"data"])) for i, d in self.redis.xrange(key)]
        wanted = list(expected)
        setattr(self.verdict, kind, getattr(self.verdict, kind) + len(published))
        if len(published) != len(wanted):
            self.differ(f"{kind}: {len(published)} published, {len(wanted)} expected")
        for seq, ((entry_id, there), here) in enumerate(zip(published, wanted, strict=False), 1):
            if entry_id != f"{seq}-0" or there != here:
                self.differ(f"{kind}: at {seq}: published {entry_id} {there}, expected {here}")
                return

    def compare_hashes(self) -> None:
        """The fold of the changes gives exactly the hashes, and so does the engine's state."""
        prefix = self.keys.user(self.partition, "")
        found = {
            key.decode().removeprefix(prefix): self.redis.hgetall(key)
            for key in self.redis.scan_iter(f"{prefix}*", count=5000)
        }
        there = {
            u: {t.decode(): json.loads(v) for t, v in tags.items()} for u, tags in found.items()
        }
        here = fold(self.effects.changes)
        self.verdict.users += len(here)
        for user in sorted(here.keys() | there.keys()):
            if here.get(user) != there.get(user):
                self.differ(f"hash of {user}: {there.get(user)}, expected {here.get(user)}")
                return

    def compare_communities(self) -> None:
        """The counts of communities are what the users of the offline engine count for."""
        prefix = self.keys.community(self.partition, "")
        there = {
            key.decode().removeprefix(prefix): {
                field.decode(): int(number) for field, number in self.redis.hgetall(key).items()
            }
            for key in self.redis.scan_iter(f"{prefix}*", count=5000)
        }
        here = {c: f for c, f in self.state.counts_of(self.state.user_ids()).items() if f}
        self.verdict.communities += len(here)
        for community in sorted(here.keys() | there.keys()):
            if here.get(community) != there.get(community):
                self.differ(
                    f"community {community}: {there.get(community)}, not {here.get(community)}"
                )
                return

    def compare_positions(self) -> None:
        """Redis is at the end of every topic: nothing was left out."""
        meta = self.redis.hgetall(self.keys.partition_meta(self.partition))
        for index, topic in enumerate(self.names.topics):
            end = self.logs[index][-1].offset + 1 if self.logs[index] else 0
            if int(meta[f"pos:{topic}".encode()]) != end:
                self.differ(f"{topic}: position {meta[f'pos:{topic}'.encode()]!r}, end {end}")
        if int(meta[b"clock"]) != self.state.clock:
            self.differ(f"clock {meta[b'clock']!r}, expected {self.state.clock}")

    def differ(self, what: str) -> None:
        self.verdict.differences.append(f"partition {self.partition}: {what}")


def oldest_heads_first(logs: Logs, ranges: Sequence[Sequence[int]]) -> Iterator[tuple[int, Any]]:
    """Of all heads the one with the older timestamp, ties in topic order."""
    heads = [_stretch(log, *stretch) for log, stretch in zip(logs, ranges, strict=True)]
    at = [0] * len(heads)
    while True:
        left = [(heads[t][i].timestamp, t) for t, i in enumerate(at) if i < len(heads[t])]
        if not left:
            return
        _, topic = min(left)
        yield topic, heads[topic][at[topic]]
        at[topic] += 1


def _stretch(log: list[Any], first: int, until: int) -> list[Any]:
    """Records with offsets in a range; the test topics have no gaps."""
    base = log[0].offset if log else 0
    return log[max(0, first - base) : max(0, until - base)]


async def read_logs(settings: Settings, partitions: int) -> list[Logs]:
    """All records of all topics, by partition and topic index."""
    names = Names.of(settings).topics
    logs: list[Logs] = [[[] for _ in names] for _ in range(partitions)]
    kafka = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, group_id=None, auto_offset_reset="earliest"
    )
    await kafka.start()
    try:
        tps = [TopicPartition(name, p) for name in names for p in range(partitions)]
        ends = await kafka.end_offsets(tps)
        kafka.assign(tps)
        await kafka.seek_to_beginning(*tps)
        while any([await kafka.position(tp) < ends[tp] for tp in tps]):
            for tp, records in (await kafka.getmany(timeout_ms=200)).items():
                logs[tp.partition][names.index(tp.topic)] += records
    finally:
        await kafka.stop()
    return logs
