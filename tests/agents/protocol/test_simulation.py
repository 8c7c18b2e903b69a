"""The protocol under seeded faults: with all its steps nothing breaks, without any one it shows."""

from collections.abc import Iterator

import pytest
from redis import Redis

from tests.agents.protocol.left_out import STEPS
from tests.agents.protocol.world import play
from tests.servers import GivenRedis, Namespace, RedisServer

pytestmark = pytest.mark.redis

HISTORIES = 80
AT_MOST = 300  # histories until a step that is left out must have shown


@pytest.fixture
def redis(redis_server: RedisServer | GivenRedis) -> Iterator[Redis]:
    with Redis.from_url(redis_server.url, protocol=2) as redis:
        yield redis


@pytest.mark.timeout(300)
def test_the_real_code_holds_in_random_histories(redis: Redis, namespace: Namespace) -> None:
    """Crashes, zombies, rebalances, lost calls and lost data: exactly what the engine computes."""
    violated = {
        seed: violation
        for seed in range(HISTORIES)
        if (violation := play(redis, namespace.prefix, seed)[0])
    }
    assert violated == {}


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_real_code_holds_in_thousands_of_histories(redis: Redis, namespace: Namespace) -> None:
    for seed in range(HISTORIES, 5_000):
        violation, _ = play(redis, namespace.prefix, seed)
        assert violation is None, f"seed {seed}: {violation}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", STEPS)
def test_a_step_that_is_left_out_is_missed(
    redis: Redis, namespace: Namespace, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The simulation can fail, and every step that it can show is needed."""
    step = STEPS[name]
    step.leave_out(monkeypatch)
    seeds = range(AT_MOST)
    assert any(play(redis, namespace.prefix, seed, **step.choices())[0] for seed in seeds), name
