"""A server before a Redis with something in it."""

from collections.abc import AsyncIterator

import pytest

from tests.agents.published import Published
from tests.agents.web.serving import Serving, serving
from tests.servers import GivenRedis, RedisServer


@pytest.fixture
async def server(
    redis_server: RedisServer | GivenRedis, published: Published
) -> AsyncIterator[Serving]:
    """Serve what `published` publishes."""
    async with serving(redis_server.url, published.keys.prefix) as running:
        yield running
