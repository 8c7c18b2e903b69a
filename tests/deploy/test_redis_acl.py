"""Redis with TLS and the two users of `deploy/redis/users.acl`: enough for each, and no more."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Self, cast

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.client import Pipeline
from redis.exceptions import NoPermissionError

from agents.errors import Unreachable, WrongUse
from agents.redis.client import TagClient
from agents.redis.connection import connect, connection_options, reaching_redis
from agents.redis.counted import FORBIDDEN, Page, Torn, read_counted
from agents.redis.keys import Keys
from agents.redis.link import Link
from agents.redis.mirror import Mirror
from deploy.manifests import HERE
from schemas.journal import Entry, Tick, encode_entry
from tests.agents.published import Published
from tests.conftest import do_without
from tests.deploy.fortress import RedisWalls
from tests.servers import ServerMissing
from tests.servers.certificates import Certificates

pytestmark = [pytest.mark.redis, pytest.mark.timeout(120)]

SCRIPTS = HERE.parent / "agents/redis/scripts"
KEY = "tagstream:{0}:user:u1"
FORBIDDEN_TO_BOTH = (
    ("FLUSHALL",),
    ("FLUSHDB",),
    ("CONFIG", "GET", "*"),
    ("KEYS", "*"),
    ("SHUTDOWN",),
    ("CLIENT", "LIST"),
    ("ACL", "LIST"),
    ("MONITOR",),
    ("SCRIPT", "FLUSH"),
    ("REPLICAOF", "NO", "ONE"),
    ("GET", KEY),
    ("SET", KEY, "x"),
    ("DEL", KEY),
    ("HGETALL", "others:secret"),
    ("EXPIRE", KEY, "1"),
)
FORBIDDEN_TO_READERS = (
    ("HSET", KEY, "activity", "x"),
    ("HDEL", KEY, "activity"),
    ("XADD", "tagstream:{0}:changes", "*", "data", "x"),
    ("UNLINK", KEY),
    ("LRANGE", "tagstream:{0}:journal", "0", "-1"),
    ("RPUSH", "tagstream:{0}:journal", "x"),
    ("PUBLISH", "tagstream:{0}:notify", "x"),
    ("EVAL", "return 1", "0"),
)


@pytest.fixture(scope="module")
def walls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisWalls]:
    folder = tmp_path_factory.mktemp("redis")
    built = RedisWalls(folder, Certificates(folder))
    try:
        built.start()
        yield built
    except ServerMissing as reason:
        do_without(str(reason))
    finally:
        built.server.remove()


@pytest.fixture(scope="module")
def published(walls: RedisWalls) -> Iterator[Published]:
    published = Published(walls.server.url, "tagstream", partitions=1)
    published.change("u1", "activity", "active")
    yield published
    published.close()


def as_user(walls: RedisWalls, user: str) -> Any:
    """A connection by TLS, as one of the users."""
    settings = walls.settings(user)
    password = settings.redis_password
    assert password is not None
    return Redis.from_url(
        walls.url,
        username=f"tagstream-{user}",
        password=password.get_secret_value(),
        ssl_ca_certs=str(walls.certificates.ca),
    )


def dry_run(walls: RedisWalls, user: str, *command: str) -> bool:
    """Whether Redis would let the user do it."""
    with walls.admin() as redis:
        return bool(redis.execute_command("ACL DRYRUN", f"tagstream-{user}", *command) == b"OK")


def test_the_file_closes_the_door_that_stands_open_by_default() -> None:
    assert (HERE / "redis/users.acl").read_text().startswith("user default off resetpass\n")


def test_the_writer_may_do_all_that_our_scripts_do(walls: RedisWalls) -> None:
    """Every command in any of them, on a key of ours; a new one has to be granted."""
    text = "".join(file.read_text(encoding="utf-8") for file in SCRIPTS.glob("*.lua"))
    commands = set(re.findall(r"redis\.call\('([A-Z]+)'", text))
    assert len(commands) > 10
    arguments = {
        "PUBLISH": ("tagstream:{0}:notify", "x"),
        "HGETALL": (KEY,),
        "EXISTS": (KEY,),
        "UNLINK": (KEY,),
        "LINDEX": (KEY, "0"),
        "XTRIM": (KEY, "MAXLEN", "1"),
        "XADD": (KEY, "*", "data", "x"),
        "HMGET": (KEY, "a"),
        "HGET": (KEY, "a"),
        "HDEL": (KEY, "a"),
        "RPUSH": (KEY, "x"),
    }
    for command in commands:
        assert dry_run(walls, "writer", command, *arguments.get(command, (KEY, "1", "1"))), command


@pytest.mark.parametrize("user", ["writer", "reader"])
def test_nobody_may_do_more(walls: RedisWalls, user: str) -> None:
    """Asked of Redis, and tried."""
    forbidden = FORBIDDEN_TO_BOTH + (FORBIDDEN_TO_READERS if user == "reader" else ())
    with as_user(walls, user) as redis:
        for command in forbidden:
            assert not dry_run(walls, user, *command), command
            with pytest.raises(NoPermissionError):
                redis.execute_command(*command)


async def test_a_writer_cannot_use_a_script_to_get_at_others(walls: RedisWalls) -> None:
    """What a script does is asked of the user who runs it."""
    with as_user(walls, "writer") as redis, pytest.raises(NoPermissionError):
        redis.eval("return redis.call('HSET', KEYS[1], 'a', 'b')", 1, "others:secret")


async def test_a_reader_can_look_up_ask_why_and_follow(
    walls: RedisWalls, published: Published
) -> None:
    """All that the client does, by TLS."""
    async with TagClient.of(walls.settings("reader")) as client:
        assert (await client.tags("u1") or {})["activity"].value == "active"
        assert "activity" in (await client.why("u1") or {})
        mirror, follow = Mirror(), client.follow()
        async for news in follow:
            mirror.apply(news)
            if 0 in mirror.whole:
                break
        published.change("u2", "activity", "low")
        async for news in follow:
            mirror.apply(news)
            if mirror.tags("u2"):
                break
        await follow.aclose()


GROUPS = {"c1": {"members": 2, "posts": 5}, "c2": {"members": 1}}


@pytest.fixture
def counting(walls: RedisWalls) -> Iterator[Keys]:
    """Communities as a worker keeps them: c2 is not in the set yet, the last call was the third."""
    keys = Keys("tagstream")
    with walls.admin() as redis:
        redis.hset(keys.partition_meta(0), mapping={"run": "r", "calls": 3})
        redis.sadd(keys.communities(0), "c1")
        for name, counts in GROUPS.items():
            redis.hset(keys.community(0, name), mapping=counts)
        yield keys
        redis.delete(keys.partition_meta(0), keys.communities(0), keys.journal(0))
        redis.delete(*(keys.community(0, name) for name in GROUPS))


class Watched(AsyncRedis):
    """A user's connection; a worker makes a call before each of its transactions."""

    call: Callable[[], None]

    @classmethod
    def behind(cls, walls: RedisWalls, user: str, keys: Keys) -> Self:
        """Connected as this user."""
        settings = walls.settings(user)
        redis = cast("Self", cls.from_url(settings.redis, **connection_options(settings)))
        redis.call = lambda: one_more_call(walls, keys)
        return redis

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: FBT001, FBT002 - as redis-py has it
        self.call()
        return super().pipeline(transaction, shard_hint)


def one_more_call(walls: RedisWalls, keys: Keys) -> None:
    """Number and journal together, as `publish.lua` does it."""
    with walls.admin() as redis, redis.pipeline() as call:
        number = int(redis.hget(keys.partition_meta(0), "calls")) + 1
        call.hset(keys.partition_meta(0), "calls", number)
        call.rpush(keys.journal(0), encode_entry(Entry(number, (Tick(number),))))
        call.execute()


async def test_a_reader_reads_the_counts_of_communities_while_nothing_happens(
    walls: RedisWalls, counting: Keys
) -> None:
    """The journal, which they may not read, would be empty or of no news."""
    async with connect(walls.settings("reader")) as redis:
        counted = await read_counted(redis, counting, 0)
    assert counted.pages == [Page(3, {}), Page(3, GROUPS), Page(3, {})]
    assert counted.blind
    assert not counted.journal
    assert counted.listed == {"c1"}


async def test_a_reader_is_told_who_can_read_them_while_workers_are_busy(
    walls: RedisWalls, counting: Keys
) -> None:
    """Never counts of different moments, taken for those of one."""
    async with Watched.behind(walls, "reader", counting) as redis:
        with pytest.raises(Torn) as reason:
            await read_counted(redis, counting, 0)
    assert str(reason.value) == FORBIDDEN


async def test_a_writer_reads_them_with_the_journal_while_workers_are_busy(
    walls: RedisWalls, counting: Keys
) -> None:
    async with Watched.behind(walls, "writer", counting) as redis:
        counted = await read_counted(redis, counting, 0)
    assert not counted.blind
    assert [page.calls for page in counted.pages] == [4, 5, 6]
    assert [entry.n for entry in counted.journal] == [4, 5, 6]


async def test_a_workers_link_says_who_it_is_and_reads_how_full_redis_is(walls: RedisWalls) -> None:
    settings = walls.settings("writer")
    password = settings.redis_password
    assert password is not None
    link = Link(
        settings.redis,
        username=settings.redis_username,
        password=password.get_secret_value(),
        ssl_ca_certs=str(settings.redis_ca),
    )
    assert b"used_memory:" in await link.command("INFO", "memory")
    assert link.server
    await link.close()


async def test_a_wrong_password_is_named_and_not_shown(walls: RedisWalls) -> None:
    wrong = walls.settings("reader", redis_password_file=None, redis_password="wrong-one")
    redis = connect(wrong)
    with (
        pytest.raises(WrongUse, match="TAGSTREAM_REDIS_PASSWORD") as refusal,
        reaching_redis(wrong),
    ):
        await redis.ping()
    await redis.aclose()
    assert "wrong-one" not in str(refusal.value)


async def test_a_server_with_a_strangers_certificate_is_not_believed(walls: RedisWalls) -> None:
    strange = walls.settings("reader", redis_ca=walls.certificates.strangers_ca)
    redis = connect(strange)
    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"), reaching_redis(strange):
        await redis.ping()
    await redis.aclose()
