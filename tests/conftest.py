"""What every test may ask for: real servers, started once a run, and names of its own on them.

`kafka` and `redis_server` are shared by all tests, so a test uses them under the names that
`namespace` gives it. A test that stops or kills a server asks for `own_kafka` or `own_redis`.
Without Java the tests that need Kafka are skipped and the summary says so loudly; with
TAGSTREAM_REQUIRE_KAFKA=1 (in CI) that is a failure.
"""

import logging
import os
from collections.abc import Iterator
from typing import NoReturn

import pytest

from tests.servers import GivenKafka, GivenRedis, Kafka, Namespace, RedisServer, ServerMissing

_MISSING = "missing: "  # so begins the reason of a skip that must not go unseen


@pytest.fixture(autouse=True)
def _logs_of_its_own() -> Iterator[None]:
    """A command that a test runs in this process sets up logs, to a stream that ends with it."""
    root = logging.getLogger()
    before = root.handlers[:]
    yield
    for handler in root.handlers[:]:
        if type(handler) is logging.StreamHandler and handler not in before:
            root.removeHandler(handler)


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka | GivenKafka]:
    """A real Apache Kafka, shared; `kafka.address` is its bootstrap server."""
    if given := os.environ.get("TAGSTREAM_TEST_KAFKA"):
        yield GivenKafka(given)
    else:
        yield from started_kafka()


@pytest.fixture
def own_kafka() -> Iterator[Kafka]:
    """A real Apache Kafka of this test alone, to stop, kill, pause and restart (costs 3 s)."""
    yield from started_kafka()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer | GivenRedis]:
    """A real Redis or Valkey, shared; `redis_server.url` leads to it."""
    if given := os.environ.get("TAGSTREAM_TEST_REDIS"):
        yield GivenRedis(given)
    else:
        yield from started_redis()


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A real Redis of this test alone, to stop, kill, pause; it loses its data when it ends."""
    yield from started_redis()


@pytest.fixture
def namespace() -> Namespace:
    """An application id, a topic prefix and a Redis prefix that no other test uses."""
    return Namespace.fresh()


def started_kafka() -> Iterator[Kafka]:
    """A Kafka for the time of a fixture."""
    try:
        server = Kafka()
    except ServerMissing as reason:
        do_without(f"Kafka: {reason}")
    with server:
        yield server


def started_redis() -> Iterator[RedisServer]:
    """A Redis for the time of a fixture."""
    try:
        server = RedisServer()
    except ServerMissing as reason:
        do_without(f"Redis: {reason}")
    with server:
        yield server


def do_without(reason: str) -> NoReturn:
    """Skip the test, which the summary will say; fail where servers are required."""
    if os.environ.get("TAGSTREAM_REQUIRE_KAFKA") == "1":
        pytest.fail(f"{reason} (TAGSTREAM_REQUIRE_KAFKA=1)", pytrace=False)
    skip_loudly(reason)


def skip_loudly(reason: str) -> NoReturn:
    """Skip the test; the summary names what was missing."""
    pytest.skip(f"{_MISSING}{reason}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One loud line for each server that was not there: a green run must not hide it."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = {str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped}
    for reason in sorted(reason for reason in reasons if reason.startswith(_MISSING)):
        terminalreporter.write_sep("!", f"TESTS SKIPPED, {reason}", red=True, bold=True)
