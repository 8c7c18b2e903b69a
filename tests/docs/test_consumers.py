"""docs/consumers.md is right: its shell session, its Lua and its JavaScript, on a real Redis."""

import asyncio
import json
import random
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis import Redis

from schemas.changes import Why
from schemas.murmur2 import partition_of
from tests.agents.published import PARTITIONS, Published
from tests.agents.redis.test_following import something
from tests.conftest import do_without
from tests.docs.javascript import ROOT, installed
from tests.servers import GivenRedis, Namespace, RedisServer, ServerMissing

pytestmark = pytest.mark.redis
PAGE = (ROOT / "docs" / "consumers.md").read_text(encoding="utf-8")
SESSION = next(b for b in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) if "HGET" in b)
AT_SERVER = 'redis-cli() { command redis-cli --no-raw -u "$URL" "$@"; }\n'


def commands(session: str) -> list[tuple[str, str]]:
    """Each command of a session with what it prints."""
    parts = re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]
    return [(command, printed) for command, _, printed in (p.partition("\n") for p in parts)]


def test_the_session_with_redis_cli_prints_what_the_page_shows(own_redis: RedisServer) -> None:
    """Command by command."""
    if shutil.which("redis-cli") is None:
        do_without("redis-cli on the PATH")
    published = Published(own_redis.url, "tagstream")
    because = Why("interactions_7d >= 5", {"interactions_7d": 7})
    published.change("u-1017", "scale", "micro_small")
    published.change("u-1017", "activity", "low")
    published.change("u-1017", "activity", "active", because)
    published.close()
    assert len(commands(SESSION)) == 6
    for command, printed in commands(SESSION):
        done = subprocess.run(
            ["bash", "-c", AT_SERVER + command],
            env={"URL": own_redis.url, "PATH": "/usr/bin:/bin:/usr/local/bin"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.stderr) == (printed, "")


def test_lua_finds_users_of_any_name(
    redis_server: RedisServer | GivenRedis, namespace: Namespace
) -> None:
    """All lengths modulo four, all bytes: its murmur2 is the one of the workers."""
    chance = random.Random(3)
    letters = "abcxyz019-_é中\U0001f600"
    names = [""] + ["".join(chance.choices(letters, k=n % 23 + 1)) for n in range(300)]
    script = (ROOT / "docs" / "examples" / "lookup.lua").read_text(encoding="utf-8")
    published = Published(redis_server.url, namespace.prefix)
    for name in names:
        published.change(name, "activity", "active")
    with Redis.from_url(redis_server.url) as redis:
        lookup = redis.register_script(script)
        for name in names:
            assert lookup(keys=[published.keys.meta], args=[name]), name
        assert lookup(keys=[published.keys.meta], args=["nobody"]) == []
    published.close()


@pytest.fixture(scope="module")
def script() -> str:
    """The JavaScript example, ready to run."""
    try:
        return str(installed() / "follow.mjs")
    except ServerMissing as reason:
        do_without(str(reason))


class Consumer:
    """The JavaScript program; `told` is what it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.told = list[dict[str, Any]]()

    async def ask(self, line: str, answer: str) -> dict[str, Any]:
        """Type a line, read until the answer to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        return await self.until(answer)

    async def until(self, key: str) -> dict[str, Any]:
        """Read until a line that has this key."""
        assert self._process.stdout is not None
        while True:
            line = await asyncio.wait_for(self._process.stdout.readline(), 20)
            assert line, "the program ended"
            self.told.append(json.loads(line))
            if key in self.told[-1]:
                return self.told[-1]

    async def shows(self, published: Published) -> bool:
        """Whether it has what Redis has, within a while."""
        for _ in range(100):
            if (await self.ask("", "all"))["all"] == published.read_back():
                return True
            await asyncio.sleep(0.1)
        return False

    def gaps(self) -> set[tuple[int, str]]:
        """Partitions and reasons of the gaps that it told."""
        return {(told["partition"], told["gap"]) for told in self.told if told.get("gap")}


@pytest.fixture
async def consumer(script: str, own_redis: RedisServer) -> AsyncIterator[Consumer]:
    """It runs, on a Redis with some users."""
    published = Published(own_redis.url, "t")
    for name in ("u1", "ü2", "用户三"):
        published.change(name, "activity", "active")
    published.close()
    process = await asyncio.create_subprocess_exec(
        *("node", script, own_redis.url, "t"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    yield Consumer(process)
    assert process.stdin is not None
    process.stdin.close()  # it ends
    await asyncio.wait_for(process.wait(), 10)


async def test_javascript_looks_users_up(consumer: Consumer) -> None:
    """Names in any script; somebody unknown has no tags."""
    for name in ("u1", "ü2", "用户三"):
        answer = await consumer.ask(name, "user")
        assert answer["tags"]["activity"]["value"] == "active"
    assert (await consumer.ask("nobody", "user"))["tags"] is None


async def test_javascript_follows_through_gaps_new_runs_and_lost_connections(
    consumer: Consumer, own_redis: RedisServer
) -> None:
    """And ends with what Redis has, having told the gaps."""
    chance = random.Random(11)
    with Redis.from_url(own_redis.url) as redis:
        runs = [redis.hget(f"t:{{{p}}}:meta", "run") for p in range(PARTITIONS)]
        redis.flushall()
    assert all(runs)
    published = Published(own_redis.url, "t")
    for step in range(1200):
        something(published, chance, 300)
        if step % 200 == 100:
            published.redis.client_kill_filter(_type="normal")
        if step == 600:
            assert await consumer.shows(published)
            published.begin_run(2)
            published.end_run(2)
    assert await consumer.shows(published)
    assert (2, "new run") in consumer.gaps()
    before = len(consumer.told)
    user = next(f"x{n}" for n in range(99) if partition_of(f"x{n}", PARTITIONS) == 1)
    published.change(user, "activity", "low")
    told = await consumer.until("change")
    assert (told["partition"], told["change"]["user_id"]) == (1, user)
    assert not any("gap" in one for one in consumer.told[before:])
    published.close()
