"""What member matching costs: a million users in the match index, no servers.

    python -m benchmarks.match [--users 1000000] [--queries 2000]

Users get the tags of the packaged catalogue (about 20 each) as `TagClient.follow` tells them.
Prints memory of the process, how long filling took, the time of three-tag queries with the first
100 users and the exact count, and what one change costs.
"""

import argparse
import gc
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

from agents.matching.index import MatchIndex
from agents.matching.query import parse
from agents.redis.news import Begin, Change, End, Part, Position
from agents.redis.tags import Tag, Tags
from benchmarks.meter import read
from schemas.changes import ExpiryCause, TagChange, TagValue, Why

PARTITIONS = 4
BATCH = 250  # users in a part, as a page of SCAN brings them
LEVELS = {"industry": (1, 2)}
TEXTS: dict[str, Sequence[str]] = {
    "activity": ("silent", "low", "active", "highly_active"),
    "borrowing": ("light", "moderate", "heavy"),
    "credit_grade": ("AAA", "AA", "A", "BBB", "BB"),
    "dormancy": ("drifting", "dormant", "lost"),
    "industry": [f"{letter}{n:02}" for letter in "ABCDEFGHIJ" for n in range(1, 10)],
    "lifecycle": ("new", "active", "retained", "dormant", "lost"),
    "licence_type": ("sole_trader", "limited_company", "partnership"),
    "limit_policy": ("freeze", "lower", "raise", "keep"),
    "need_amount": ("small", "medium", "large"),
    "need_purpose": ("working_capital", "equipment", "project", "other"),
    "need_term": ("short", "long"),
    "occupation": [f"job-{n}" for n in range(40)],
    "points_tier": ("bronze", "silver", "gold"),
    "region": [f"region-{n}" for n in range(300)],
    "scale": ("micro_small", "medium", "large"),
    "service_level": ("standard", "preferred"),
}
FLAGS = {"default_history": 0.03, "identity_verified": 0.7, "micro_owner": 0.3, "vip": 0.01}
COMMUNITIES = 2_000
QUERIES = (
    "activity=active and industry=C and not default_history",
    "scale=micro_small and need_purpose=equipment and credit_grade in (AAA, AA, A)",
    "region=region-17 and identity_verified and activity!=silent",
    "communities=c12 and activity in (active, highly_active) and not default_history",
    "(micro_owner or vip) and need_term=short and borrowing=light",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; times of queries and changes in milliseconds, ascending."""

    users: int
    memory_mb: float
    filling_s: float
    queries_ms: Sequence[float]
    changes_ms: Sequence[float]


def measure(users: int, queries: int) -> Figures:
    """Fill an index and ask it."""
    index, began = MatchIndex(LEVELS), perf_counter()
    for partition in range(PARTITIONS):
        fill(index, partition, users // PARTITIONS)
    filling = perf_counter() - began
    gc.collect()
    memory = read(os.getpid()).rss_mb
    asked = sorted(ask(index, queries))
    changed = sorted(change(index, queries, users // PARTITIONS))
    return Figures(index.users, memory, filling, asked, changed)


def fill(index: MatchIndex, partition: int, users: int) -> None:
    """Tell a snapshot of a partition."""
    rnd = random.Random(partition)  # noqa: S311 - users that never lived
    index.apply(Begin(partition, "first", None))
    for first in range(0, users, BATCH):
        page = {name(partition, n): some_tags(rnd) for n in range(first, first + BATCH)}
        index.apply(Part(partition, (), page))
    index.apply(End(partition, Position("run", 1)))


def name(partition: int, number: int) -> str:
    """As long as ids are in practice."""
    return f"user-{partition}{number:08}"


def some_tags(rnd: random.Random) -> Tags:
    """What a user of the packaged catalogue may have."""
    values: dict[str, TagValue] = {tag: rnd.choice(texts) for tag, texts in TEXTS.items()}
    values |= {flag: True for flag, share in FLAGS.items() if rnd.random() < share}
    values["communities"] = [f"c{rnd.randrange(COMMUNITIES)}" for _ in range(3)]
    return {tag: Tag(value, 0, 1) for tag, value in values.items()}


def ask(index: MatchIndex, times: int) -> Iterator[float]:
    """Ask each query in turn, from text to the first 100 users and the count."""
    for number in range(times):
        began = perf_counter()
        index.match(parse(QUERIES[number % len(QUERIES)]), 100)
        yield (perf_counter() - began) * 1000


def change(index: MatchIndex, times: int, users: int) -> Iterator[float]:
    """Let tags change."""
    rnd, why = random.Random(5), Why("", {})  # noqa: S311 - as above
    for seq in range(2, times + 2):
        user = name(0, rnd.randrange(users))
        told = TagChange(
            seq, user, "vip", None, new=True, time=0, cause=ExpiryCause(), why=why, catalogue=""
        )
        began = perf_counter()
        index.apply(Change(0, Position("run", seq), told, b""))
        yield (perf_counter() - began) * 1000


def share(ascending: Sequence[float], part: float) -> float:
    """The value that this part of all stays below."""
    return ascending[min(len(ascending) - 1, int(len(ascending) * part))]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=2_000)
    given = parser.parse_args(arguments)
    found = measure(given.users, given.queries)
    lines = (
        f"{found.users:,} users, {len(TEXTS) + len(FLAGS) + 1} tags",
        f"memory of the process  {found.memory_mb:8.0f} MB   (to reach: 250)",
        f"filling                {found.filling_s:8.1f} s",
        _line("three-tag query", found.queries_ms) + "   (to reach: p99 10)",
        _line("one change", found.changes_ms),
    )
    print("\n".join(lines))  # noqa: T201 - this is what it is for


def _line(what: str, ascending: Sequence[float]) -> str:
    p50, p99 = share(ascending, 0.5), share(ascending, 0.99)
    return f"{what:<20}  p50 {p50:6.3f} ms  p99 {p99:6.3f} ms  max {ascending[-1]:6.3f} ms"


if __name__ == "__main__":
    main()
