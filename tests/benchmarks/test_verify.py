import json
from collections.abc import Iterator

import pytest
from redis import Redis

from benchmarks.events import JobEvent, events
from benchmarks.expected import Expected
from benchmarks.loading import PARTITIONS
from benchmarks.ours import EVENT_TIME, right_answer
from benchmarks.place import Place, place
from benchmarks.servers import Servers
from benchmarks.verify import changes, faults
from schemas.topics import TOPICS
from tests.benchmarks.slow import changes_of
from tests.servers import GivenRedis, RedisServer

pytestmark = pytest.mark.redis

NUMBER, USERS = 400, 20
IN = [f"in.{topic}" for topic in TOPICS]


@pytest.fixture
def here(redis_server: RedisServer | GivenRedis) -> Iterator[Place]:
    """Names on the shared Redis; Kafka is not needed for reading."""
    where = Servers(kafka="127.0.0.1:1", redis=redis_server.url)
    with place(where, "in.", **EVENT_TIME) as made:
        yield made


@pytest.fixture
def right() -> list[Expected]:
    """Everything in partition 0: what one user after the other gives."""
    return right_answer("in.", one_user())


def one_user() -> list[JobEvent]:
    """All events with one key."""
    return [event._replace(key=b"u0000001") for event in events(NUMBER, USERS)]


def publish(here: Place, right: list[Expected]) -> None:
    """Puts into Redis what a right worker would."""
    with Redis.from_url(here.settings.redis) as redis:
        for partition, wanted in enumerate(right):
            meta = {"seq": len(wanted.digests)}
            redis.hset(here.keys.partition_meta(partition), mapping=meta)
            for user, tags in wanted.tags.items():
                shown = {tag: json.dumps(value) for tag, value in tags.items()}
                redis.hset(here.keys.user(partition, user), mapping=shown)
            for seq, change in enumerate(changes_of(partition, IN, one_user()), 1):
                redis.xadd(here.keys.changes(partition), {"data": change}, id=f"{seq}-0")


def busiest(right: list[Expected]) -> int:
    """The one partition that has anything."""
    return max(range(PARTITIONS), key=lambda p: len(right[p].digests))


def test_what_is_right_has_no_faults(here: Place, right: list[Expected]) -> None:
    """And all changes are counted."""
    publish(here, right)
    assert faults(here, right) == ()
    assert changes(here) == sum(len(one.digests) for one in right) > 0


def test_a_run_that_published_nothing_is_found(here: Place, right: list[Expected]) -> None:
    """An empty Redis is the fastest wrong answer of all."""
    found = " ".join(faults(here, right))
    assert "0 changes published" in found
    assert "the stream ends at None" in found
    assert "0 users have tags" in found


def test_one_wrong_word_in_a_change_is_found(here: Place, right: list[Expected]) -> None:
    """The content of every kept change is compared."""
    publish(here, right)
    partition = busiest(right)
    key = here.keys.changes(partition)
    with Redis.from_url(here.settings.redis) as redis:
        entries = list(redis.xrange(key))
        redis.delete(key)
        for entry_id, fields in entries:
            wrong = fields[b"data"].replace(b'"velocity"', b'"celerity"')
            redis.xadd(key, {"data": wrong.replace(b'"new":"low"', b'"new":"lo"')}, id=entry_id)
    assert "is not as expected" in " ".join(faults(here, right))


def test_a_gap_in_the_stream_is_found(here: Place, right: list[Expected]) -> None:
    """A stream may be trimmed at its old end only."""
    publish(here, right)
    with Redis.from_url(here.settings.redis) as redis:
        redis.xdel(here.keys.changes(busiest(right)), "2-0")
    assert "change 3 stands after 1" in " ".join(faults(here, right))


def test_a_trimmed_stream_is_right(here: Place, right: list[Expected]) -> None:
    """As it is under the default TAGSTREAM_STREAM_LENGTH: the rest is compared."""
    publish(here, right)
    with Redis.from_url(here.settings.redis) as redis:
        redis.xtrim(here.keys.changes(busiest(right)), maxlen=2, approximate=False)
    assert faults(here, right) == ()


def test_a_wrong_hash_is_found(here: Place, right: list[Expected]) -> None:
    """Value, since and seq of each tag of each user are compared."""
    publish(here, right)
    partition = busiest(right)
    user = next(iter(right[partition].tags))
    with Redis.from_url(here.settings.redis) as redis:
        shown = json.dumps({"value": "hot", "since": 1, "seq": 1})
        redis.hset(here.keys.user(partition, user), "activity", shown)
    assert f"tags of {user}" in " ".join(faults(here, right))


def test_a_place_leaves_no_key_behind(redis_server: RedisServer | GivenRedis) -> None:
    """The server may be shared: only our keys go, and all of them."""
    where = Servers(kafka="127.0.0.1:1", redis=redis_server.url)
    with Redis.from_url(redis_server.url) as redis:
        redis.set("another's", "1")
        with place(where, "in.") as made:
            redis.set(made.keys.meta, "1")
            redis.set(made.keys.user(3, "u1"), "1")
        assert not list(redis.scan_iter(f"{made.settings.prefix}*"))
        assert redis.delete("another's")
