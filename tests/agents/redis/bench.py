"""A publisher on a real Redis, as tests of what owners do there use it."""

from typing import Any

from redis import Redis

from agents.redis.fenced import Fenced
from agents.redis.keys import Keys
from agents.redis.link import Link
from agents.redis.links import Links
from agents.redis.owned import Owned
from agents.redis.publisher import Publisher
from agents.redis.run_writer import RunWriter
from agents.session import Call, Session
from schemas.changes import ExpiryCause, TagChange, TagValue, Why
from schemas.journal import Tick
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.engine import Engine

SMALL = """
catalogue: small
version: 1
currency: CNY
timezone: Asia/Shanghai
measures:
  likes: {count: [like]}
tags:
  fan:
    dimension: behaviour
    when: likes >= 1
"""
ENGINE = Engine(load(SMALL, "small.yaml"))
NOWHERE = (0,) * len(TOPICS)


class Bench:
    """A publisher on a real Redis, and a session that has begun its first run."""

    def __init__(self, url: str, prefix: str) -> None:
        self.keys = Keys(prefix)
        self.redis: Any = Redis.from_url(url, decode_responses=True)
        self.link = Link(url)
        self.told: list[str | None] = []
        fenced = Fenced(Links(lambda: self.link), self.told.append)
        self.publisher = Publisher(fenced, self.keys, TOPICS, 100_000)
        self.writer = RunWriter(fenced, self.keys, TOPICS)
        self.owned = Owned(fenced, self.keys)

    async def session(self, epoch: int = 7, partition: int = 0) -> Session:
        claimed = await self.publisher.claim(partition, epoch, lambda: True)
        session = Session(
            partition=partition,
            state=ENGINE.partition(partition, TOPICS),
            epoch=epoch,
            run="r1",
            server=claimed.server,
            calls=int(claimed.meta.get("calls", "0")),
            seq=0,
            alert_seq=0,
            positions=NOWHERE,
            changelog_end=epoch + 1,
        )
        await self.writer.begin_run(session, 1)
        await self.writer.end_run(session)
        return session

    def meta(self) -> dict[str, Any]:
        return dict(self.redis.hgetall(self.keys.partition_meta(0)))


def change(user: str, tag: str | None = "fan", *, new: TagValue | None = True) -> TagChange:
    why = Why("likes >= 1", {"likes": 1}) if tag else None
    return TagChange(0, user, tag, None, new, 5, ExpiryCause(), why, "small@1")


def call(*changes: TagChange, positions: tuple[int, ...] = NOWHERE) -> Call:
    return Call([Tick(5)], list(changes), [], positions, 5)
