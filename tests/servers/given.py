"""Servers that somebody else runs, named by TAGSTREAM_TEST_KAFKA and TAGSTREAM_TEST_REDIS."""

from dataclasses import dataclass

from redis import Redis


@dataclass(frozen=True, slots=True)
class GivenKafka:
    """A running broker: it can be used, but not stopped or killed."""

    address: str


@dataclass(frozen=True, slots=True)
class GivenRedis:
    """A running Redis: it can be used and flushed, but not stopped or killed."""

    url: str

    def flush(self) -> None:
        """Delete all data of its database."""
        with Redis.from_url(self.url) as redis:
            redis.flushdb()
