"""What every test may ask for: real servers, started once a run, and names of its own on them.

`kafka` and `redis_server` are shared by all tests, so a test uses them under the names that
`namespace` gives it. A test that stops or kills a server asks for `own_kafka` or `own_redis`.
Without Java the tests that need Kafka are skipped and the summary says so loudly; with
TAGSTREAM_REQUIRE_KAFKA=1 (in CI) that is a failure.
"""

import os
from collections.abc import Iterator
from typing import NoReturn

import pytest

from tests.servers import GivenKafka, GivenRedis, Kafka, Namespace, RedisServer, ServerMissing

MISSING = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[Kafka | GivenKafka]:
    """A real Apache Kafka, shared; `kafka.address` is its bootstrap server."""
    if given := os.environ.get("TAGSTREAM_TEST_KAFKA"):
        yield GivenKafka(given)
    else:
        yield from started_kafka(request)


@pytest.fixture
def own_kafka(request: pytest.FixtureRequest) -> Iterator[Kafka]:
    """A real Apache Kafka of this test alone, to stop, kill, pause and restart (costs 3 s)."""
    yield from started_kafka(request)


@pytest.fixture(scope="session")
def redis_server(request: pytest.FixtureRequest) -> Iterator[RedisServer | GivenRedis]:
    """A real Redis or Valkey, shared; `redis_server.url` leads to it."""
    if given := os.environ.get("TAGSTREAM_TEST_REDIS"):
        yield GivenRedis(given)
    else:
        yield from started_redis(request)


@pytest.fixture
def own_redis(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    """A real Redis of this test alone, to stop, kill, pause; it loses its data when it ends."""
    yield from started_redis(request)


@pytest.fixture
def namespace() -> Namespace:
    """An application id, a topic prefix and a Redis prefix that no other test uses."""
    return Namespace.fresh()


def started_kafka(request: pytest.FixtureRequest) -> Iterator[Kafka]:
    """A Kafka for the time of a fixture."""
    try:
        server = Kafka()
    except ServerMissing as reason:
        do_without(request, f"Kafka: {reason}")
    with server:
        yield server


def started_redis(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    """A Redis for the time of a fixture."""
    try:
        server = RedisServer()
    except ServerMissing as reason:
        do_without(request, f"Redis: {reason}")
    with server:
        yield server


def do_without(request: pytest.FixtureRequest, reason: str) -> NoReturn:
    """Skip the test and remember why for the summary; fail where servers are required."""
    if os.environ.get("TAGSTREAM_REQUIRE_KAFKA") == "1":
        pytest.fail(f"{reason} (TAGSTREAM_REQUIRE_KAFKA=1)", pytrace=False)
    request.config.stash.setdefault(MISSING, []).append(reason)
    pytest.skip(reason)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """One loud line for each server that was not there: a green run must not hide it."""
    missing: list[str] = config.stash.get(MISSING, [])
    for reason in sorted(set(missing)):
        terminalreporter.write_sep("!", f"TESTS SKIPPED, NO {reason}", red=True, bold=True)
