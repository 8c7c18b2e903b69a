"""What a user costs in room: the changelog's record, the worker's memory, Redis' memory.

    python -m benchmarks.footprint [--users 100000] [--events 15] [--days 30] [--listpack 2048]

Simulated members of a lending community (`--events` each, half of all by a tenth of them) under
the packaged catalogue. The rows are those of the engine after the last event. Memory of the
process is that of another one that has the rows as a worker has those that it touched: packed, not
compressed, with the index of deadlines. Redis' memory is its `used_memory`, hashes of tags and of
explanations together, without the streams, whose length is bounded; `--listpack` sets Redis'
`hash-max-listpack-value`, up to which values a hash stays compact: as `deploy/` does, or 64 for a
plain `redis-server`, which most explanations exceed. The further tables say what the rows are made
of, before they are compressed, and the hashes, tag by tag.
"""

import argparse
import asyncio
import gc
import multiprocessing
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from statistics import mean, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from redis import Redis

from agents.catalogue_file import require_engine
from agents.commands.output import print_json, print_table
from agents.redis.fenced import Fenced
from agents.redis.keys import Keys
from agents.redis.link import Link
from agents.redis.links import Links
from agents.redis.publisher import Publisher
from agents.redis.run_writer import RunWriter
from agents.session import Session
from agents.settings import PACKAGED_CATALOGUE
from agents.simulate.plan import Plan
from agents.simulate.traffic import Traffic
from benchmarks import tag_room
from schemas.lines import LineDecoder
from schemas.records import with_epoch
from schemas.topics import TOPICS
from streams.engine import Effects, Engine, Partition
from tests.servers import RedisServer

START_MS = 1_748_793_600_000  # 2025-06-02 00:00 in Shanghai
SAMPLE = 5_000  # users whose rows are taken apart
USERS_A_CALL = 500
LISTPACK = 2_048  # bytes: hash-max-listpack-value of deploy/
RUN_SEQ = 1_000_000  # as after a rebuild, whose seq begins at least so high
ASKED = {"record_median": 500, "process_a_user": 1536, "redis_a_user": 2560}
KINDS = {
    "ids": "remembered ids",
    "offset": "offsets",
    "events": "which event a value is from",
    "from": "which event a value is from",
    "buckets": "buckets of windows",
    "m": "measures",
    "tag": "values of tags",
    "is": "values of tags",
    "since": "since when",
}
"""The fields of a row by the first part of their name; all others are counted as `REST`."""
REST = "the rest (days, sets, detectors, clock)"


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes; `made_of` is the mean of a row's parts, `redis_made_of` that of both hashes'."""

    users: int
    events: int
    record_median: float
    record_mean: float
    record_p90: float
    process_a_user: float
    redis_a_user: float
    redis_why_share: float
    tags_a_user: float
    made_of: dict[str, float]
    redis_made_of: dict[str, float]
    tags: list[tag_room.TagRoom]


def measure(users: int, events_each: int, days: int, catalogue: Path, redis: str) -> Footprint:
    """Simulate, and look at the rows, at a process that loads them, and at a Redis."""
    engine = require_engine(catalogue)
    plan = Plan(START_MS, users, users * events_each / 1000, 1000.0, speed=days * 86.4)
    partition = simulated(engine, plan)
    rows = {user: row for user, row in _all_rows(partition) if row is not None}
    sizes = [len(user.encode()) + len(with_epoch(0, row)) for user, row in rows.items()]
    redis_bytes, why_share = asyncio.run(_in_redis(partition, redis))
    tags = tag_room.by_tag([partition.snapshot(user) for user in _sample(partition)], RUN_SEQ)
    return Footprint(
        users=len(rows),
        events=plan.events or 0,
        record_median=quantiles(sizes, n=2)[0],
        record_mean=mean(sizes),
        record_p90=quantiles(sizes, n=10)[-1],
        process_a_user=_in_a_process(catalogue, _as_kept(engine, rows)),
        redis_a_user=redis_bytes / len(rows),
        redis_why_share=why_share,
        tags_a_user=sum(tag.share for tag in tags),
        redis_made_of=tag_room.made_of(tags, redis_bytes / len(rows)),
        tags=tags,
        made_of=made_of(engine, list(rows.values())[:: max(1, len(rows) // SAMPLE)]),
    )


def simulated(engine: Engine, plan: Plan) -> Partition:
    """Return the state after all events of a plan."""
    partition, out = engine.partition(0, TOPICS), Effects()
    decode = LineDecoder(engine.catalogue.currency, now=(plan.end or 0)).decode
    topics: Mapping[str, int] = {topic: index for index, topic in enumerate(TOPICS)}
    for number, sent in enumerate(Traffic(plan)):
        partition.apply(topics[sent.topic], number, decode(sent.value), sent.due, out)
        out.changes.clear()
        out.alerts.clear()
    return partition


def _sample(partition: Partition) -> list[str]:
    """Some users, evenly: the first ones are those who were busy from the beginning."""
    return list(partition.user_ids())[:: max(1, partition.users // SAMPLE)]


def _all_rows(partition: Partition) -> list[tuple[str, bytes | None]]:
    for user in list(partition.user_ids()):
        partition.mark_dirty(user)
    return partition.take_dirty()


# -- the row


def _as_kept(engine: Engine, rows: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return rows as a worker keeps them once they were touched: not compressed."""
    codec = engine.program.codec
    kept = dict[str, bytes]()
    for user, row in rows.items():
        codec.freeze_all({user: codec.thaw(row)}, [user], kept)
    return kept


def made_of(engine: Engine, rows: Collection[bytes]) -> dict[str, float]:
    """Return the mean bytes of each kind of field, the largest first."""
    encode, total = msgspec.msgpack.Encoder().encode, Counter[str]()
    for row in rows:
        state = engine.program.codec.thaw(row)
        for name in state.__struct_fields__:
            kind = KINDS.get(name.partition("_")[0], REST)
            total[kind] += len(encode(getattr(state, name)))
    return {kind: size / max(1, len(rows)) for kind, size in total.most_common()}


# -- the process


def _in_a_process(catalogue: Path, rows: Mapping[str, bytes]) -> float:
    """Return the bytes by which a process grows with each row that it loads.

    One with all rows less one with half of them: what starting up took, and left free to be
    filled first, is the same in both. Some 10 MB are, so it takes 50,000 rows to be exact.
    """
    half = len(rows) // 2
    with TemporaryDirectory() as folder:
        file = Path(folder) / "rows"
        with file.open("w") as out:
            out.writelines(f"{user}\t{row.hex()}\n" for user, row in rows.items())
        spawning = multiprocessing.get_context("spawn")
        with spawning.Pool(1, maxtasksperchild=1) as pool:
            less, more = (pool.apply(_filled, (catalogue, file, n)) for n in (half, len(rows)))
    return (more - less) / (len(rows) - half)


def _filled(catalogue: Path, file: Path, users: int) -> int:
    """Load the first rows; return what the process has taken."""
    partition = require_engine(catalogue).partition(0, TOPICS)
    with file.open() as lines:
        for line in islice(lines, users):
            user, row = line.split("\t")
            partition.load(user, bytes.fromhex(row))
    partition.loaded()
    return _resident()


def _resident() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


# -- Redis


async def _in_redis(partition: Partition, url: str) -> tuple[int, float]:
    """Return what the hashes of all users take, and the share of the explanations."""
    links, keys, server = Links(lambda: Link(url)), Keys("footprint"), Redis.from_url(url)
    fenced = Fenced(links, lambda _: None)
    publisher, writer = Publisher(fenced, keys, TOPICS, 1), RunWriter(fenced, keys, TOPICS)
    claimed = await publisher.claim(0, 1, lambda: True)
    where = {"positions": (0,) * len(TOPICS), "changelog_end": 2}
    session = Session(0, partition, 1, "run", claimed.server, 0, RUN_SEQ, 0, **where)  # type: ignore[arg-type] # by name, as they stand
    await writer.begin_run(session, RUN_SEQ)
    before = _used(server)
    for users in _batches(partition.user_ids()):
        await writer.put_users(session, [(user, partition.snapshot(user)) for user in users])
    grown, sample = _used(server) - before, _sample(partition)
    tags = _usage(server, (keys.user(0, user) for user in sample))
    why = _usage(server, (keys.why(0, user) for user in sample))
    await links.close()
    server.close()
    return grown, why / (tags + why)


def _batches(users: Iterable[str]) -> Iterator[list[str]]:
    left = iter(users)
    while some := list(islice(left, USERS_A_CALL)):
        yield some


def _used(server: Any) -> int:
    return int(server.info("memory")["used_memory"])


def _usage(server: Any, keys: Iterable[str]) -> int:
    return sum(server.memory_usage(key, samples=0) or 0 for key in keys)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--users", type=int, default=100_000)
    arguments.add_argument("--events", type=int, default=15, help="of each user, on average")
    arguments.add_argument("--days", type=int, default=30)
    arguments.add_argument("--catalogue", type=Path, default=PACKAGED_CATALOGUE)
    arguments.add_argument("--listpack", type=int, default=LISTPACK, help="bytes")
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args(argv)
    with RedisServer("--hash-max-listpack-value", str(given.listpack)) as server:
        found = measure(given.users, given.events, given.days, given.catalogue, server.url)
    if given.json:
        print_json(asdict(found))
        return
    figures = {
        name: value for name, value in asdict(found).items() if isinstance(value, int | float)
    }
    rows = [(name, _shown(value), ASKED.get(name)) for name, value in figures.items()]
    print_table("", ("figure", "value#", "asked#"), rows)
    for title, parts in (
        ("What a row is made of, bytes on average before compression", found.made_of),
        ("What Redis' hashes are made of, bytes a user", found.redis_made_of),
    ):
        print_table(title, ("part", "bytes#"), [(part, f"{n:.0f}") for part, n in parts.items()])
    by_tag = [(t.tag, *map(_shown, (t.share, t.value, t.why, t.a_user))) for t in found.tags]
    head = ("tag", "share of users#", "value#", "why#", "bytes a user#")
    print_table("The tags, bytes where they are, and over all users with their names", head, by_tag)


def _shown(value: float) -> str:
    return f"{value:,.2f}" if isinstance(value, float) and value <= 1 else f"{value:,.0f}"


if __name__ == "__main__":
    main()
