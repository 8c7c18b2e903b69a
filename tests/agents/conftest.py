"""What tests of readers ask for: a Redis with something in it, and the settings that lead there."""

from collections.abc import Iterator

import pytest

from agents.settings import meanings
from tests.agents.published import Published
from tests.servers import GivenRedis, Namespace, RedisServer


@pytest.fixture
def published(redis_server: RedisServer | GivenRedis, namespace: Namespace) -> Iterator[Published]:
    """Give a Redis as workers leave it, still without users."""
    published = Published(redis_server.url, namespace.prefix)
    yield published
    published.close()


@pytest.fixture
def environment(
    redis_server: RedisServer | GivenRedis, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set the settings of this test alone; nothing answers where Kafka ought to be."""
    for name in meanings():
        monkeypatch.delenv(name, raising=False)
    for name, value in namespace.environment("127.0.0.1:1", redis_server.url).items():
        monkeypatch.setenv(name, value)
