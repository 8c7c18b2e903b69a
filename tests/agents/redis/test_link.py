"""The link on a Redis that stands still: calls end when they are told to, and all together."""

import asyncio
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents.redis import link as module
from agents.redis.link import Away, Link
from agents.redis.lua import CHECK, CLEAR_USERS
from tests.servers import RedisServer

pytestmark = pytest.mark.redis


@pytest.fixture
async def link(own_redis: RedisServer) -> AsyncIterator[Link]:
    link = Link(own_redis.url)
    await link.command("PING")
    yield link
    await link.close()


async def ask(link: Link) -> bytes:
    return bytes(await link.run(CHECK, ["meta"], [1, "run", 1], None))


async def test_a_call_without_an_answer_ends_when_it_is_interrupted(
    own_redis: RedisServer, link: Link
) -> None:
    """A revoke must not wait for a server."""
    own_redis.pause()
    asking = asyncio.create_task(ask(link))
    await asyncio.sleep(0.3)
    begun = time.monotonic()
    await link.interrupt()
    with pytest.raises(Away):
        await asking
    assert time.monotonic() - begun < 1.0
    own_redis.resume()
    assert await ask(link) == b"fenced"


async def test_calls_behind_one_that_failed_fail_with_it(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else eight partitions would wait eight time limits, one after the other."""
    monkeypatch.setattr(module, "_TIMEOUT_S", 1.0)
    link = Link(own_redis.url)
    await link.command("PING")
    own_redis.pause()
    begun = time.monotonic()
    results = await asyncio.gather(*(ask(link) for _ in range(8)), return_exceptions=True)
    assert all(isinstance(result, Away) for result in results)
    assert time.monotonic() - begun < 3.0
    own_redis.resume()
    assert await ask(link) == b"fenced"
    await link.close()


@pytest.mark.parametrize(
    ("harm", "heal", "kind"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0"), "oom"),
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE"), "readonly"),
        (
            ("ACL", "SETUSER", "default", "-evalsha", "-eval"),
            ("ACL", "SETUSER", "default", "+@all"),
            "noperm",
        ),
        (  # a command that a script calls: Redis says it otherwise
            ("ACL", "SETUSER", "default", "-unlink", "-hincrby"),
            ("ACL", "SETUSER", "default", "+@all"),
            "noperm",
        ),
    ],
)
async def test_a_redis_that_takes_no_writes_is_away_until_it_does(
    link: Link, harm: tuple[str, ...], heal: tuple[str, ...], kind: str
) -> None:
    """redis-py says so by the class of the error, not in its text: it must not end the worker."""
    await link.command("HSET", "meta", "epoch", "1", "run", "run", "building", "1")
    await link.command(*harm)
    with pytest.raises(Away) as caught:
        await link.run(CLEAR_USERS, ["meta"], [1, "run", 1, "user"], None)
    assert caught.value.kind == kind
    await link.command(*heal)
    assert await link.run(CLEAR_USERS, ["meta"], [1, "run", 1, "user"], None) == b"ok"


class ClosedConnection:
    """Closed by the server just as it is used: uvloop calls that a RuntimeError."""

    def __init__(self, what: str, *, connects: bool) -> None:
        self.error, self.is_connected, self.connects = RuntimeError(what), False, connects

    async def connect(self) -> None:
        if not self.connects:
            raise self.error

    async def send_packed_command(self, _: object) -> None:
        raise self.error

    async def disconnect(self, *, nowait: bool = False) -> None:
        assert nowait


@pytest.mark.parametrize("connects", [True, False])
@pytest.mark.parametrize(
    ("what", "raised"),
    [
        ("unable to perform operation on <TCPTransport>; the handler is closed", Away),
        ("a fault of ours", RuntimeError),
    ],
)
async def test_a_connection_that_is_closed_while_it_is_used_is_away_under_uvloop_too(
    what: str, raised: type[Exception], *, connects: bool
) -> None:
    """It must not end the worker; a fault of ours must."""
    link = Link("redis://nowhere")
    closed = ClosedConnection(what, connects=connects)
    link._pool = cast("Any", SimpleNamespace(make_connection=lambda: closed))
    with pytest.raises(raised):
        await ask(link)
    with pytest.raises(raised):
        await link.command("PING")
