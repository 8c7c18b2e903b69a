"""Real servers for tests, benchmarks and chaos: Apache Kafka from Maven, and Redis or Valkey.

Each is a class with `start`, `stop`, `kill` and `restart`, usable outside pytest too:
`python -m tests.servers kafka` starts one, prints its address and waits for Ctrl-C.
"""

from tests.servers.given import GivenKafka, GivenRedis
from tests.servers.kafka import Kafka
from tests.servers.missing import ServerMissing
from tests.servers.namespace import Namespace
from tests.servers.redis_cluster import RedisCluster
from tests.servers.redis_sentinel import RedisSentinel
from tests.servers.redis_server import RedisServer

__all__ = [
    "GivenKafka",
    "GivenRedis",
    "Kafka",
    "Namespace",
    "RedisCluster",
    "RedisSentinel",
    "RedisServer",
    "ServerMissing",
]
