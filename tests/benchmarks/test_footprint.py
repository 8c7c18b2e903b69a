import msgspec
import pytest

from agents.catalogue_file import require_engine
from agents.settings import PACKAGED_CATALOGUE
from agents.simulate.plan import Plan
from benchmarks.footprint import REST, START_MS, made_of, measure, simulated
from tests.servers import GivenRedis, RedisServer


def test_a_row_is_taken_apart_into_all_its_bytes() -> None:
    """But for the header, and the deadline that stands there instead; before it is compressed."""
    engine = require_engine(PACKAGED_CATALOGUE)
    partition = simulated(engine, Plan(START_MS, users=20, rate=0.2, seconds=1000, speed=2592))
    for user in partition.user_ids():
        partition.mark_dirty(user)
    rows = [row for _, row in partition.take_dirty() if row is not None]
    parts = made_of(engine, rows)
    assert REST in parts
    encode, thaw = msgspec.msgpack.Encoder().encode, engine.program.codec.thaw
    bodies = [len(encode(thaw(row))) for row in rows]
    assert sum(parts.values()) == pytest.approx(sum(bodies) / len(bodies), abs=20)


@pytest.mark.redis
def test_all_three_footprints_are_measured(own_redis: RedisServer | GivenRedis) -> None:
    """Of a few hundred users; small processes grow by whole pages, so only roughly."""
    found = measure(300, 5, 30, PACKAGED_CATALOGUE, own_redis.url)
    assert found.users == 300
    assert 100 < found.record_median <= found.record_p90
    assert found.redis_a_user > 500
    assert 0.3 < found.redis_why_share < 0.9
    assert sum(found.redis_made_of.values()) == pytest.approx(found.redis_a_user)
    assert all(size > 0 for size in found.redis_made_of.values())
