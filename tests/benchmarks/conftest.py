"""Servers for whole benchmarks: those of the test run, given as a user gives theirs."""

import pytest

from benchmarks.servers import Servers
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer


@pytest.fixture
def servers_of_the_tests(
    kafka: Kafka | GivenKafka,
    redis_server: RedisServer | GivenRedis,
    monkeypatch: pytest.MonkeyPatch,
) -> Servers:
    """Named in the environment, so that the benchmark starts none of its own."""
    monkeypatch.setenv("TAGSTREAM_TEST_KAFKA", kafka.address)
    monkeypatch.setenv("TAGSTREAM_TEST_REDIS", redis_server.url)
    return Servers(kafka.address, redis_server.url)
