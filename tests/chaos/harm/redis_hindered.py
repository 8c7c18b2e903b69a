"""Redis is there, but not of use: frozen, slow, without answers, full, read-only."""

from random import Random

from tests.chaos.stage import Stage


def redis_frozen(stage: Stage, chance: Random) -> None:
    """Nothing answers, sometimes for longer than a call may take."""
    stage.redis.pause()
    stage.sleep(chance.choice((1.0, 4.0, 7.0)))
    stage.redis.resume()


def redis_slow(stage: Stage, chance: Random) -> None:
    """200 ms a call."""
    stage.proxy.delay_s = 0.2
    stage.sleep(chance.uniform(3.0, 6.0))
    stage.proxy.delay_s = 0.0


def answers_lost(stage: Stage, chance: Random) -> None:
    """Calls take effect, their answers do not come back; then connections end."""
    for _ in range(3):
        stage.proxy.mute = True
        stage.sleep(chance.uniform(0.1, 1.5))
        stage.proxy.cut()
        stage.proxy.mute = False
        stage.sleep(chance.uniform(0.2, 1.0))


def out_of_memory(stage: Stage, chance: Random) -> None:
    """`maxmemory` is reached, and nothing may be evicted."""
    with stage.direct() as redis:
        redis.config_set("maxmemory", "1")
        stage.sleep(chance.uniform(1.0, 5.0))
        redis.config_set("maxmemory", "0")


def read_only(stage: Stage, chance: Random) -> None:
    """It answers as a replica does."""
    with stage.direct() as redis:
        redis.replicaof("127.0.0.1", "1")
        stage.sleep(chance.uniform(1.0, 5.0))
        redis.replicaof("NO", "ONE")
