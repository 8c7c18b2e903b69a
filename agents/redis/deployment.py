"""Which kind of Redis is behind a URL: one server, a cluster, or Sentinels that name a primary.

The URL is that of any of their servers; the server itself says what it is. A caller may also hand
over a client of redis-py that it made. The keys of a partition are in one slot, so readers
work the same everywhere, on the server that has that slot; only a cluster makes them look for it.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol, cast

from redis.asyncio import ConnectionPool, Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import NoPermissionError

from agents.errors import WrongUse
from agents.redis.keys import Keys
from agents.redis.server import Reading, Server, mode_in

AnyRedis = Redis | RedisCluster
"""What lookups go through: redis-py sends each to the server that has the key."""


class Deployment(Protocol):
    """One of the kinds."""

    @property
    def lookups(self) -> AnyRedis:
        """The client for commands with a key."""

    def lanes(self, partitions: int) -> Sequence[Sequence[int]]:
        """Return which partitions one XREAD can reach together."""

    async def server(self, partition: int) -> Reading:
        """Return the server that has this partition now. Raises AWAY."""

    async def aclose(self) -> None:
        """Close the connections."""


class OneServer:
    """A single Redis; or the primary that Sentinels name, which redis-py finds by itself."""

    def __init__(self, redis: Redis, keys: Keys, sentinels: Sequence[Redis] = ()) -> None:
        self.lookups, self._sentinels = redis, sentinels
        self._server = Server(redis, keys)

    def lanes(self, partitions: int) -> Sequence[Sequence[int]]:
        """See Deployment: all together."""
        return [range(partitions)]

    async def server(self, partition: int) -> Reading:
        """See Deployment."""
        del partition
        return self._server

    async def aclose(self) -> None:
        """See Deployment."""
        for client in (self.lookups, *self._sentinels):
            await client.aclose()


class Cluster:
    """A Redis Cluster: XREAD cannot cross slots, so each partition is read by itself."""

    def __init__(self, cluster: RedisCluster, keys: Keys) -> None:
        self.lookups, self._keys = cluster, keys
        self._clients: dict[tuple[str, int], Redis] = {}
        # redis-py 8.1 closes connections that others are using when it looks at the cluster anew
        self._asking = asyncio.Lock()

    def lanes(self, partitions: int) -> Sequence[Sequence[int]]:
        """See Deployment: each alone."""
        return [(partition,) for partition in range(partitions)]

    async def server(self, partition: int) -> Reading:
        """See Deployment."""
        key = self._keys.partition_meta(partition)
        async with self._asking:
            await self.lookups.exists(key)  # follows redirections: afterwards the node is known
        node = self.lookups.get_node_from_key(key)
        assert node is not None
        return Server(self._client(node), self._keys)

    async def aclose(self) -> None:
        """See Deployment."""
        await self.lookups.aclose()
        for client in self._clients.values():
            await client.aclose()

    def _client(self, node: ClusterNode) -> Redis:
        """Return a plain client for a node: a transaction of redis-py's cluster costs a thread."""
        address = node.host, int(node.port)
        if address not in self._clients:
            options = {
                name: value
                for name, value in node.connection_kwargs.items()
                if name not in _OF_THE_CLUSTER
            }
            pool = ConnectionPool(connection_class=node.connection_class, **options)
            self._clients[address] = Redis.from_pool(pool)
        return self._clients[address]


_OF_THE_CLUSTER = frozenset(
    {"himport_registry", "maint_notifications_config", "oss_cluster_maint_notifications_handler"}
)  # redis-py's own wiring between a cluster and its connections


async def find(redis: str | AnyRedis, keys: Keys, **options: Any) -> Deployment:
    """Ask the server at this URL what it is. Raises what redis-py raises if it is away."""
    if isinstance(redis, RedisCluster):
        return Cluster(redis, keys)
    if isinstance(redis, Redis):
        return OneServer(redis, keys)
    options = {"retry": Retry(ExponentialBackoff(cap=0.2, base=0.02), retries=3), **options}
    first = Redis.from_url(redis, **options)
    match await _mode(first):
        case "cluster":
            await first.aclose()
            return Cluster(RedisCluster.from_url(redis, **options), keys)
        case "sentinel":
            try:
                return await _behind(first, options, keys)
            finally:
                await first.aclose()
        case _:
            return OneServer(first, keys)


async def _mode(redis: Redis) -> str:
    try:
        info = await redis.info("server")
    except NoPermissionError:  # then it is one that we may only read: not a Sentinel
        return "standalone"
    except BaseException:
        await redis.aclose()
        raise
    return mode_in(info)


async def _behind(sentinel: Redis, options: dict[str, Any], keys: Keys) -> OneServer:
    """Return a client that asks all Sentinels for the primary whenever it connects."""
    masters = cast("dict[str, Any]", await sentinel.sentinel_masters())
    if len(masters) != 1:
        raise WrongUse(
            f"the Sentinel knows {len(masters)} primaries ({', '.join(masters)}), and a URL cannot "
            "say which: pass TagClient(Sentinel(...).master_for(name)) of redis-py"
        )
    [name] = masters
    own = sentinel.connection_pool.connection_kwargs
    others = cast("list[dict[str, Any]]", await sentinel.sentinel_sentinels(name))
    addresses = [(own["host"], own["port"])] + [(one["ip"], one["port"]) for one in others]
    login = {part: own[part] for part in ("username", "password", "db") if own.get(part)}
    untyped: Any = Sentinel  # by redis-py
    sentinels = untyped(addresses, **options, **login)
    return OneServer(sentinels.master_for(name), keys, sentinels.sentinels)
