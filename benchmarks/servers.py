"""A Kafka and a Redis for the time of a benchmark: its own, or those that the environment names."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from agents.errors import Unreachable
from tests.servers import Kafka, RedisServer, ServerMissing
from tests.servers.kafka.broker import FAST


@dataclass(frozen=True, slots=True)
class Servers:
    """Where they answer."""

    kafka: str
    redis: str


@contextmanager
def servers() -> Iterator[Servers]:
    """Return both; raises Unreachable where they cannot be had. Given ones are left running."""
    with ExitStack() as stack:
        try:
            kafka = os.environ.get("TAGSTREAM_TEST_KAFKA") or _kafka(stack)
            redis = os.environ.get("TAGSTREAM_TEST_REDIS") or _redis(stack)
        except ServerMissing as missing:
            raise Unreachable(
                f"no server to measure with: {missing}; or name running ones in "
                "TAGSTREAM_TEST_KAFKA and TAGSTREAM_TEST_REDIS"
            ) from missing
        yield Servers(kafka, redis)


def _kafka(stack: ExitStack) -> str:
    return stack.enter_context(Kafka(jvm=FAST)).address


def _redis(stack: ExitStack) -> str:
    return stack.enter_context(RedisServer()).url
