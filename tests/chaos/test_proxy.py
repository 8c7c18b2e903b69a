"""The road to Redis: forwards as it should, and misbehaves only when told."""

import time
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisTimeout

from tests.chaos.proxy import Proxy
from tests.servers import RedisServer

pytestmark = pytest.mark.redis


@pytest.fixture
def proxy(own_redis: RedisServer) -> Iterator[Proxy]:
    with Proxy(own_redis.port) as proxy:
        yield proxy


def connected(proxy: Proxy) -> "Redis":
    return Redis.from_url(proxy.url, socket_timeout=0.5, retry=None)


def test_what_is_asked_is_answered(proxy: Proxy) -> None:
    with connected(proxy) as redis:
        redis.set("big", b"x" * 1_000_000)
        assert redis.get("big") == b"x" * 1_000_000


def test_a_call_on_a_mute_road_takes_effect_without_an_answer(
    proxy: Proxy, own_redis: RedisServer
) -> None:
    with connected(proxy) as redis, Redis.from_url(own_redis.url) as direct:
        redis.ping()
        proxy.mute = True
        with pytest.raises(RedisTimeout):
            redis.incr("n")
        assert direct.get("n") == b"1"
        proxy.mute = False


def test_a_slow_road_delays_each_call(proxy: Proxy) -> None:
    with connected(proxy) as redis:
        redis.ping()
        proxy.delay_s = 0.2
        begun = time.monotonic()
        redis.ping()
        assert time.monotonic() - begun >= 0.2


def test_a_cut_ends_connections_and_new_ones_reach_the_new_target(proxy: Proxy) -> None:
    with RedisServer() as other, connected(proxy) as redis, connected(proxy) as again:
        redis.set("where", "first")
        proxy.target = other.port
        assert redis.get("where") == b"first"  # old connections stay until they are cut
        proxy.cut()
        time.sleep(0.1)
        with pytest.raises((RedisAway, RedisTimeout)):
            redis.connection_pool.get_connection().read_response()
        assert again.get("where") is None


def test_without_a_server_behind_it_connections_are_ended(proxy: Proxy) -> None:
    proxy.target = 1
    with connected(proxy) as redis, pytest.raises((RedisAway, RedisTimeout)):
        redis.ping()
