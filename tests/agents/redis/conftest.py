from collections.abc import AsyncIterator

import pytest

from tests.agents.redis.bench import Bench
from tests.servers import GivenRedis, Namespace, RedisServer


@pytest.fixture
async def bench(
    redis_server: RedisServer | GivenRedis, namespace: Namespace
) -> AsyncIterator[Bench]:
    bench = Bench(redis_server.url, namespace.prefix)
    yield bench
    await bench.link.close()
    bench.redis.close()
