import asyncio

import pytest

from agents.session import Lost
from tests.agents.redis.bench import Bench, call, change
from tests.servers import Namespace, RedisServer

pytestmark = pytest.mark.redis


async def test_another_server_behind_the_address_ends_the_session(
    own_redis: RedisServer, namespace: Namespace
) -> None:
    """A failover counts as a loss, even if positions look right."""
    bench = Bench(own_redis.url, namespace.prefix)
    session = await bench.session()
    own_redis.restart()
    with pytest.raises(Lost, match="not"):
        await bench.publisher.publish(session, call(change("u1")))
    assert bench.told[0] is not None
    await bench.link.close()
    bench.redis.close()


async def test_a_call_waits_while_redis_is_frozen_and_takes_effect_once(
    own_redis: RedisServer, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time-out leaves open whether the call arrived: the same call goes out again."""
    monkeypatch.setattr("agents.redis.link._TIMEOUT_S", 0.3)
    bench = Bench(own_redis.url, namespace.prefix)
    session = await bench.session()
    own_redis.pause()
    publishing = asyncio.create_task(bench.publisher.publish(session, call(change("u1"))))
    await asyncio.sleep(1.0)
    own_redis.resume()
    await publishing
    assert bench.redis.xlen(bench.keys.changes(0)) == 1
    assert bench.told[-1] is None
    await bench.link.close()
    bench.redis.close()
