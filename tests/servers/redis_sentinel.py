"""A primary, a replica and one Sentinel that names the primary, all real."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from agents.demo.child import Child
from agents.demo.ports import answers, free_port
from tests.servers.redis_server import RedisServer, redis_binary

NAME = "tags"
_READY_S = 30.0


class RedisSentinel:
    """`url` is the Sentinel's; `primary` and `replica` are servers to write to and to stop."""

    def __init__(self) -> None:
        self.primary = RedisServer()
        self.replica = RedisServer("--replicaof", f"127.0.0.1 {self.primary.port}")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._running = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as started:
            started.enter_context(self.primary)
            started.enter_context(self.replica)
            sentinel = self._sentinel(self.primary.folder)
            sentinel.start(ready=lambda: answers(self.port))
            started.callback(sentinel.stop)
            self._wait("the Sentinel does not know the replica", lambda: self._replicas() == 1)
            self._running = started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def fail_over(self) -> None:
        """Kill the primary and wait until the replica is one."""
        self.primary.kill()
        with Redis.from_url(self.replica.url) as redis:
            self._wait("no failover", lambda: _is_primary(redis))

    def _sentinel(self, folder: Path) -> Child:
        config = folder / "sentinel.conf"  # it writes into its own configuration
        lines = (
            f"port {self.port}",
            "bind 127.0.0.1",
            f"dir {folder}",
            f"sentinel monitor {NAME} 127.0.0.1 {self.primary.port} 1",
            f"sentinel down-after-milliseconds {NAME} 300",
            f"sentinel failover-timeout {NAME} 3000",
        )
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        argv = [str(redis_binary()), str(config), "--sentinel"]
        return Child("the Sentinel", argv, folder / "sentinel.log")

    def _replicas(self) -> int:
        with Redis.from_url(self.url) as redis:
            return int(redis.sentinel_masters()[NAME]["num-slaves"])

    def _wait(self, otherwise: str, holds: "object") -> None:
        assert callable(holds)
        deadline = time.monotonic() + _READY_S
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(otherwise)
            time.sleep(0.05)


def _is_primary(redis: Redis) -> bool:
    """A server that is promoted closes its connections."""
    try:
        return bool(redis.info("replication")["role"] == "master")
    except (RedisConnectionError, RedisTimeoutError):
        return False
