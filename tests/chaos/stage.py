"""Where a plan is played: servers, the road between, workers, traffic, onlookers."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Self

from redis import Redis
from redis.exceptions import RedisError

from tests.chaos.fleet import Fleet
from tests.chaos.invariants.progress import Progress
from tests.chaos.plan import Plan
from tests.chaos.proxy import Proxy
from tests.chaos.seen import Seen, see
from tests.chaos.subscriber import Subscriber
from tests.chaos.traffic import Maker, Sender
from tests.chaos.watching import Watcher
from tests.end_to_end.deployment import Deployment
from tests.servers import Kafka, RedisServer

if TYPE_CHECKING:
    from tests.chaos.invariants.ownership import Zombie

CATALOGUES = [Path(__file__).parent / name for name in ("chaos.yaml", "chaos_2.yaml")]
"""The workers begin with the first; a fault may give them another."""
PARTITIONS = 4
_PAUSE_MS = 60_000
PROGRESS_S = 75.0
_APPLIED_S = 90.0


class Stage:
    """Everything that a fault may touch, and a story of what happened."""

    def __init__(self, plan: Plan, kafka: Kafka, **settings: str) -> None:
        self.plan, self.kafka, self._settings = plan, kafka, settings
        self.redis = RedisServer(durable=True)
        self.proxy = Proxy(self.redis.port)
        self.seen: list[list[Seen]] = []  # before each loss, by partition
        self.losses = 0  # twice the number of losses; odd while one is under way
        self.zombies: list[Zombie] = []
        self.progress: list[Progress] = []
        self.story: list[str] = []
        self._begun, self._exit = time.monotonic(), ExitStack()
        self._servers = [self.redis]

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.callback(self._remove_servers)
            self.redis.start()
            opened.enter_context(self.proxy)
            settings = {
                "TAGSTREAM_PARTITIONS": str(PARTITIONS),
                "TAGSTREAM_CLOCK": self.plan.clock,
                **self._settings,
            }
            self.deployment = Deployment(self.kafka.address, self.proxy.url, **settings)
            self.fleet = Fleet(self.deployment, CATALOGUES)
            opened.callback(self.fleet.end)
            self._exit = opened.pop_all()
        chance = Random(self.plan.seed)
        self.maker = Maker(chance, self.plan.users, PARTITIONS)
        self.traffic = Sender(self.kafka.address, self.deployment.names, self.maker, self.plan.rate)
        prefix = self.deployment.settings.prefix
        self.subscriber = Subscriber(self.proxy.url, prefix, Random(self.plan.seed + 1), PARTITIONS)
        self.watcher = Watcher(
            self.deployment.settings, lambda: self.redis.url, lambda: self.losses
        )
        return self

    def __exit__(self, *exception: object) -> None:
        for thread in (self.traffic, self.subscriber, self.watcher):
            thread._ending.set()
        self._exit.close()

    def _remove_servers(self) -> None:
        for server in self._servers:
            server.resume()
            server.remove()

    # -- the story

    def tell(self, what: str) -> None:
        """Notes what happened, with when."""
        self.story.append(f"{time.monotonic() - self._begun:7.2f} {what}")

    def sleep(self, seconds: float) -> None:
        """Time passes; workers that ended are started again."""
        self.fleet.sleep(seconds)

    # -- Redis

    def direct(self) -> Any:
        """A connection that goes past the proxy."""
        return Redis.from_url(self.redis.url, socket_timeout=20.0)

    def positions(self) -> dict[int, int] | None:
        """How many records of each partition Redis shows; None while that cannot be said."""
        keys = self.deployment.keys
        try:
            with self.direct() as redis:
                metas = [redis.hgetall(keys.partition_meta(p)) for p in range(PARTITIONS)]
        except RedisError:
            return None
        if any(b"building" in meta or b"run" not in meta for meta in metas):
            return None
        return {
            number: sum(int(value) for name, value in meta.items() if name.startswith(b"pos:"))
            for number, meta in enumerate(metas)
        }

    def see_all(self) -> list[Seen]:
        """All partitions, as they stand; writers must be paused or stopped."""
        with self.direct() as redis:
            return [see(redis, self.deployment.keys, p) for p in range(PARTITIONS)]

    @contextmanager
    def losing_data(self) -> Iterator[None]:
        """What is done inside makes Redis lose data: writers stand still, what it had is noted."""
        self.losses += 1
        with self.direct() as redis:
            redis.execute_command("CLIENT PAUSE", _PAUSE_MS, "WRITE")
            self.seen.append(self.see_all())
        yield
        self.losses += 1

    def flush(self) -> None:
        """FLUSHALL, before anybody else is let in again."""
        with self.losing_data(), self.direct() as redis:
            both = redis.pipeline(transaction=False)
            both.execute_command("CLIENT UNPAUSE")
            both.flushall()
            both.execute()

    def restart_redis(self, change_data: Callable[[Path], None], away_s: float) -> None:
        """SIGKILL, something happens to its files, it comes back."""
        with self.losing_data():
            self.redis.kill()
            change_data(self.redis.folder / "appendonlydir")
        self.sleep(away_s)
        self.redis.start()

    def promote(self, replica: RedisServer, keep_old_s: float) -> None:
        """From now on the address leads to `replica`; old connections stay for so long."""
        self.losses += 1
        old, self.redis = self.redis, replica
        self.proxy.target = replica.port
        self.losses += 1
        self.sleep(keep_old_s)
        with Redis.from_url(old.url) as redis:
            redis.execute_command("CLIENT PAUSE", _PAUSE_MS, "WRITE")
            keys = self.deployment.keys
            self.seen.append([see(redis, keys, p) for p in range(PARTITIONS)])
        self.proxy.cut()
        old.kill()

    def new_redis(self, *options: str) -> RedisServer:
        """One more server; it is removed at the end."""
        server = RedisServer(*options, durable=True)
        self._servers.append(server)
        server.start()
        return server

    # -- traffic

    def wait_until_applied(self) -> None:
        """Until Redis shows the ends of all topics; who ended is started again meanwhile."""
        within = time.monotonic() + _APPLIED_S
        while behind := self.deployment.behind():
            if time.monotonic() > within:
                raise AssertionError(f"I1: not applied after {_APPLIED_S:.0f} s: {behind}")
            self.sleep(0.2)

    def calm_traffic(self, seconds: float) -> None:
        """Events as before for a while, until all are acknowledged."""
        names = self.deployment.names
        self.traffic = Sender(self.kafka.address, names, self.maker, self.plan.rate)
        self.traffic.start()
        self.sleep(seconds)
        self.traffic.finish()

    # -- progress

    def wait_for_progress(self, after: str) -> None:
        """I8: until every partition shows more records than now, or it takes too long."""
        begun, start = time.monotonic(), None
        grown: dict[int, int] = dict.fromkeys(range(PARTITIONS), 0)
        while time.monotonic() - begun < PROGRESS_S:
            self.sleep(0.2)
            now = self.positions()
            start = start or now
            if now is not None and start is not None:
                grown = {p: now[p] - start[p] for p in now}
                if all(records > 0 for records in grown.values()):
                    break
        seconds = time.monotonic() - begun
        self.progress.append(Progress(after, grown, seconds))
        self.tell(f"progress after {after}: {grown} in {seconds:.1f} s")
