"""A Redis Cluster of three nodes, each a real server, without replicas."""

import time
from contextlib import ExitStack
from typing import Self

from redis import Redis

from agents.demo.child import ServerFailed
from agents.demo.ports import free_port
from tests.servers.redis_server import RedisServer

NODES = 3
SLOTS = 16_384
_ATTEMPTS = 5
_READY_S = 30.0


class RedisCluster:
    """`nodes[n]` has the n-th third of the slots; `url` is that of the first."""

    def __init__(self) -> None:
        self.nodes = list[RedisServer]()
        self._running = ExitStack()

    @property
    def url(self) -> str:
        """A way in."""
        return self.nodes[0].url

    def __enter__(self) -> Self:
        for attempt in range(_ATTEMPTS):
            try:
                self._start()
            except ServerFailed:  # six ports at once: somebody else may have got one of them
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
        return self

    def _start(self) -> None:
        with ExitStack() as started:
            self.nodes = [RedisServer(*_options()) for _ in range(NODES)]
            for node in self.nodes:
                started.enter_context(node)
            self._join()
            self._running = started.pop_all()

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def _join(self) -> None:
        """Give each node its slots, introduce all to the first, wait until all agree."""
        share = SLOTS // len(self.nodes)
        for number, node in enumerate(self.nodes):
            last = SLOTS if node is self.nodes[-1] else (number + 1) * share
            with Redis.from_url(node.url) as redis:
                redis.execute_command("CLUSTER ADDSLOTSRANGE", number * share, last - 1)
                redis.execute_command("CLUSTER MEET", "127.0.0.1", *self._ports(self.nodes[0]))
        deadline = time.monotonic() + _READY_S
        while not all(map(self._agrees, self.nodes)):
            if time.monotonic() > deadline:
                raise TimeoutError("the nodes of the cluster do not agree")
            time.sleep(0.05)

    def _ports(self, node: RedisServer) -> tuple[int, int]:
        argv = node.child.argv
        return node.port, int(argv[argv.index("--cluster-port") + 1])

    def _agrees(self, node: RedisServer) -> bool:
        with Redis.from_url(node.url) as redis:
            info: dict[str, str] = redis.execute_command("CLUSTER INFO")
        return (
            info["cluster_state"] == "ok"
            and int(info["cluster_known_nodes"]) == len(self.nodes)
            and int(info["cluster_slots_ok"]) == SLOTS
        )


def _options() -> tuple[str, ...]:
    ports = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    return (*ports, "--cluster-node-timeout", "2000")
