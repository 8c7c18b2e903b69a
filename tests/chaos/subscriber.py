"""A reader as others write them: follows all changes, loses its connection at random, goes on."""

import asyncio
from contextlib import aclosing, suppress
from io import StringIO
from random import Random
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from agents.redis.client import NothingPublished, TagClient
from agents.redis.mirror import Mirror
from agents.redis.news import Begin, Change, End, News
from agents.stopping import cancel_until_done
from tests.agents.folded import Hashes
from tests.chaos.background import Background
from tests.chaos.invariants.subscribers import Told
from tests.chaos.reference import as_shown

if TYPE_CHECKING:
    from schemas.changes import TagChange


class Subscriber(Background):
    """Keeps a `Mirror` over many connections; writes down what it was told."""

    patience_s = 30.0

    def __init__(self, url: str, prefix: str, chance: Random, partitions: int) -> None:
        super().__init__("subscriber")
        self._url, self._prefix, self._chance = url, prefix, chance
        self.mirror = Mirror()
        self.told: dict[int, list[Told]] = {p: [] for p in range(partitions)}
        self.changes: dict[int, list[TagChange]] = {p: [] for p in range(partitions)}
        self.connections = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def hashes(self) -> dict[int, Hashes]:
        """What it knows, as the hashes would show it."""
        return {
            partition: {
                user: {tag: as_shown(t.value, t.since, t.seq) for tag, t in tags.items()}
                for user, tags in users.items()
            }
            for partition, users in self.mirror.whole.items()
        }

    def stacks(self) -> str:
        """What it is doing, for a failure to look at."""
        text = StringIO()
        for task in asyncio.all_tasks(self._loop) if self._loop else ():
            task.print_stack(file=text)
        return text.getvalue()

    async def work(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not self._ending.is_set():
            self.connections += 1
            connection = asyncio.create_task(self._connection())
            for _ in range(self._chance.choice((3, 10, 30, 80))):
                await asyncio.wait({connection}, timeout=0.1)
                if connection.done() or self._ending.is_set():
                    break
            await cancel_until_done([connection])
            if not connection.cancelled():
                connection.result()
            await asyncio.sleep(self._chance.choice((0.0, 0.1, 0.2)))

    async def _connection(self) -> None:
        """One life of the reader; it ends by being cancelled, or where nothing answers yet."""
        with suppress(RedisError, OSError, NothingPublished):
            async with (
                TagClient(self._url, prefix=self._prefix) as client,
                aclosing(client.follow(dict(self.mirror.positions))) as following,
            ):
                async for news in following:
                    self._note(news)
                    self.mirror.apply(news)

    def _note(self, news: News) -> None:
        match news:
            case Begin(partition, reason, after):
                run, seq = (after.run, after.seq) if after else ("", -1)
                self.told[partition].append(Told("begin", run, seq, reason))
            case End(partition, position):
                self.told[partition].append(Told("end", position.run, position.seq))
            case Change(partition, position, change):
                self.told[partition].append(Told("change", position.run, position.seq))
                self.changes[partition].append(change)
